/** Remembers outside IndexedDB that a database was there; `localStorage` is one. */
export type IdbMarker = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Carries the doorbell to other tabs; a `BroadcastChannel` is one. */
export interface IdbChannel {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export function platformChannel(name: string): IdbChannel | undefined {
  return typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name);
}
