/**
 * A client's storage that does not outlive the process.
 *
 * @module syncline/storage/memory
 */
import {
  logStorage,
  SyncError,
  type LogContents,
  type LogDevice,
  type LogEntry,
  type LogSignals,
  type LogStorageOptions,
  type StorageAdapter,
} from 'syncline';

/** What outlives the devices over it, as a disk would. Devices that share one are tabs, or a restart. */
export interface MemoryStore {
  snapshot: { readonly upTo: number; readonly chunks: readonly string[] } | undefined;
  entries: LogEntry[];
  /** Doorbells of the open devices. */
  readonly bells: Set<() => void>;
}

/** Points at which a fault can be put in; what a hook throws is what the call rejects with. */
export interface MemoryHooks {
  beforeRead?(): void | Promise<void>;
  /** Throwing here means that nothing was stored. */
  beforeAppend?(payload: string): void | Promise<void>;
  /** The entry is stored; throwing here keeps that from the caller. */
  afterAppend?(payload: string): void | Promise<void>;
  beforeCompact?(): void | Promise<void>;
  afterCompact?(): void | Promise<void>;
}

export interface MemoryDeviceOptions {
  readonly hooks?: MemoryHooks;
  /** Brings a doorbell to another device: later, never, or as here in a microtask. */
  readonly deliver?: (ring: () => void) => void;
}

/** An empty store, for devices or storages that are to share it. */
export function createMemoryStore(): MemoryStore {
  return { snapshot: undefined, entries: [], bells: new Set() };
}

/**
 * A `LogDevice` in memory: for tests, for the simulator, and where nothing may be kept. It has no clock and no chance.
 *
 * @example
 * ```ts
 * import { createMemoryStore, memoryDevice } from 'syncline/storage/memory';
 *
 * const store = createMemoryStore();
 * const [tab, otherTab] = [memoryDevice(store), memoryDevice(store)];
 * await tab.open();
 * await otherTab.open();
 * console.log(await tab.append('a', { after: 0 }), await otherTab.append('b', { after: 0 })); // true false
 * ```
 */
export function memoryDevice(store = createMemoryStore(), options: MemoryDeviceOptions = {}): LogDevice {
  const { hooks = {}, deliver = queueMicrotask } = options;
  let bell: (() => void) | undefined;

  function assertOpen(): void {
    if (bell === undefined) throw new SyncError('storage-closed', 'the memory device is not open');
  }

  function head(): number {
    return store.entries.at(-1)?.position ?? store.snapshot?.upTo ?? 0;
  }

  function close(): void {
    if (bell !== undefined) store.bells.delete(bell);
    bell = undefined;
  }

  return {
    async open(signals: LogSignals = {}) {
      const own = () => {
        if (bell === own) signals.appended?.();
      };
      bell = own;
      store.bells.add(own);
    },

    async read(after): Promise<LogContents> {
      await hooks.beforeRead?.();
      assertOpen();
      const { snapshot } = store;
      const entries = store.entries.filter(({ position }) => position > after);
      return snapshot !== undefined && after < snapshot.upTo ? { snapshot, entries } : { entries };
    },

    async append(payload, { after }) {
      await hooks.beforeAppend?.(payload);
      assertOpen();
      if (head() !== after) return false;
      store.entries.push({ position: after + 1, payload });
      await hooks.afterAppend?.(payload);
      for (const ring of store.bells) if (ring !== bell) deliver(ring);
      return true;
    },

    async compact(chunks, upTo) {
      await hooks.beforeCompact?.();
      assertOpen();
      if ((store.snapshot?.upTo ?? 0) >= upTo) return false;
      store.snapshot = { upTo, chunks: [...chunks] };
      store.entries = store.entries.filter(({ position }) => position > upTo);
      await hooks.afterCompact?.();
      return true;
    },

    async close() {
      close();
    },

    async destroy() {
      close();
      store.snapshot = undefined;
      store.entries = [];
    },
  };
}

export interface MemoryStorageOptions extends MemoryDeviceOptions, LogStorageOptions {
  /** Default: a new one. */
  readonly store?: MemoryStore;
}

/** A `StorageAdapter` in memory: `logStorage` over a `memoryDevice`. */
export function memoryStorage({ store, ...options }: MemoryStorageOptions = {}): StorageAdapter {
  return logStorage(memoryDevice(store, options), options);
}
