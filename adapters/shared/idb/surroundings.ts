/** Remembers outside IndexedDB that a database was there; `localStorage` is one. */
export type IdbMarker = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Carries the doorbell to other tabs; a `BroadcastChannel` is one. */
export interface IdbChannel {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** `localStorage`, where the platform has it and lets this page use it. */
export function platformMarker(): IdbMarker | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

export function platformChannel(name: string): IdbChannel | undefined {
  return typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name);
}

/** A marker that is full or forbidden is a marker less, and no reason to fail. */
export function quietly<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
