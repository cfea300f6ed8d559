/** Remembers outside IndexedDB that a database was there; `localStorage` is one. */
export type IdbMarker = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Carries the doorbell to other tabs; a `BroadcastChannel` is one. */
export interface IdbChannel {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** `localStorage`, touched when it is used: each call throws where the platform has none, or does not let this page in. */
export const platformMarker: IdbMarker = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
};

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
