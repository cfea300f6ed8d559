/** Where the log is kept; `localStorage` is one, and so is any object that keeps texts by key in the same manner. */
export type KeyValueArea = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** Makes the tabs take turns; `navigator.locks` is one. */
export interface TabLocks {
  request<T>(
    name: string,
    options: { readonly mode: 'exclusive' | 'shared' },
    callback: () => Promise<T>,
  ): Promise<T>;
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
}

/** Tells of what other tabs wrote; a `window` is one. */
export interface AreaEvents {
  addEventListener(type: 'storage', listener: (event: StorageEvent) => void): void;
  removeEventListener(type: 'storage', listener: (event: StorageEvent) => void): void;
}

/** `localStorage`, where the platform has it and lets this page use it. */
export function platformArea(): KeyValueArea | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

export function platformLocks(): TabLocks | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.locks;
}

export function platformEvents(): AreaEvents | undefined {
  return typeof window === 'undefined' ? undefined : window;
}
