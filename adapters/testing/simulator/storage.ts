import { logStorage, type RowRef, type Runtime, type StorageAdapter } from 'syncline';
import { createMemoryStore, memoryDevice, type MemoryStore } from 'syncline/storage/memory';
import type { Gate } from './gate.js';
import type { Profile } from './steps.js';
import type { Calls } from './calls.js';
import { MemorySource, placeOf, ReadBackSource, type Source } from './source.js';
import { textOf } from './vectors.js';

/** Whose storage is asked for. */
export interface StoragePlace {
  /** Number of the device, from 0. The tabs of a device share its data, and a tab that starts again finds them. */
  readonly device: number;
  /** A name for the device that nobody else in this process has: for a file, or a database. */
  readonly name: string;
  /** The run's own clock, timers and chance. */
  readonly runtime: Runtime;
}

/** Makes the storage of one tab. Time stands still in a run while a call to one of them is on its way. */
export type StorageFactory = (place: StoragePlace) => StorageAdapter | Promise<StorageAdapter>;

/** A tab's storage, and how it is left when the tab stops where it stands. */
export interface OpenStorage {
  readonly storage: StorageAdapter;
  readonly stop: () => void;
}

/** The storages of one device: one for each tab that opens, faults included, and a look at what they hold. */
export interface DeviceStorage {
  readonly source: Source;
  open(gate: Gate, runtime: Runtime): Promise<OpenStorage>;
  /** Once all tabs are gone: says where what is stored is not what was seen being stored, and removes it. */
  end(runtime: Runtime): Promise<readonly string[]>;
}

/** A log in memory, with faults where the log itself reads, appends and compacts. */
export class MemoryDeviceStorage implements DeviceStorage {
  readonly source: MemorySource;
  readonly #store: MemoryStore = createMemoryStore();
  readonly #profile: Profile;

  constructor(profile: Profile) {
    this.#profile = profile;
    this.source = new MemorySource(this.#store);
  }

  async open(gate: Gate, runtime: Runtime): Promise<OpenStorage> {
    const log = memoryDevice(this.#store, {
      deliver: (bell) => gate.ring(() => queueMicrotask(bell)),
      hooks: {
        beforeRead: () => gate.reading(),
        beforeAppend: () => gate.storing(),
        afterAppend: () => {
          this.source.ring();
          return gate.stored();
        },
        beforeCompact: () => gate.compacting(),
        afterCompact: () => gate.compacting(),
      },
    });
    const storage = logStorage(log, { runtime, compactAfter: this.#profile.logEntries });
    return { storage, stop: () => void log.close() };
  }

  /** The source reads the log itself. */
  async end(): Promise<readonly string[]> {
    return [];
  }
}

/** Any storage, with faults around its calls. */
export class ForeignDeviceStorage implements DeviceStorage {
  readonly source = new ReadBackSource();
  readonly #factory: StorageFactory;
  readonly #place: Omit<StoragePlace, 'runtime'>;
  readonly #calls: Calls;
  /** Storages of stopped tabs that are still closing. */
  readonly #closing = new Set<Promise<void>>();

  constructor(factory: StorageFactory, place: Omit<StoragePlace, 'runtime'>, calls: Calls) {
    this.#factory = factory;
    this.#place = place;
    this.#calls = calls;
  }

  async open(gate: Gate, runtime: Runtime): Promise<OpenStorage> {
    const storage = await this.#make(runtime);
    const stop = () => {
      const closed = this.#calls.during(() => storage.close()).catch(() => undefined);
      this.#closing.add(closed);
      void closed.then(() => this.#closing.delete(closed));
    };
    return { storage: guarded(storage, gate, this.#calls, this.source), stop };
  }

  async end(runtime: Runtime): Promise<readonly string[]> {
    const storage = await this.#make(runtime);
    const { layout, rows } = this.source;
    const held = new Set<string>();
    const wrong: string[] = [];
    if (layout !== undefined) await this.#calls.during(() => storage.open(layout));
    for (const table of Object.keys(layout ?? {})) {
      for (const { id, value } of await this.#calls.during(() => storage.scan(table))) {
        held.add(placeOf({ table, id }));
        const seen = rows.get(placeOf({ table, id }))?.value;
        if (textOf(seen) !== textOf(value))
          wrong.push(`${table} ${id} is stored as ${textOf(value)}, and was last seen as ${textOf(seen)}`);
      }
    }
    for (const [place, { value }] of rows) {
      if (value !== undefined && !held.has(place)) wrong.push(`${place} is not stored any more`);
    }
    await this.#calls.during(() => storage.destroy());
    return wrong;
  }

  async #make(runtime: Runtime): Promise<StorageAdapter> {
    await this.#calls.during(() => Promise.all(this.#closing));
    return this.#calls.during(async () => this.#factory({ ...this.#place, runtime }));
  }
}

function guarded(storage: StorageAdapter, gate: Gate, calls: Calls, source: ReadBackSource): StorageAdapter {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    await gate.alive();
    try {
      return await calls.during(work);
    } finally {
      await gate.alive();
    }
  };
  let tell: (rows: readonly RowRef[]) => void = () => undefined;
  return {
    async open(layout, signals = {}) {
      await gate.reading();
      source.layout = layout;
      tell = (rows) => signals.changed?.(rows);
      await call(() => storage.open(layout, signals));
    },
    get: (table, ids) => call(() => storage.get(table, ids)),
    scan: (table, options) => call(() => storage.scan(table, options)),
    async commit(writes, reads) {
      await gate.storing();
      const committed = await calls.during(() => storage.commit(writes, reads));
      for (const { table, id } of writes) {
        const [row] = await calls.during(() => storage.get(table, [id]));
        source.take({ table, id, revision: row?.revision ?? committed.revision, value: row?.value });
      }
      try {
        await gate.stored();
      } catch (error) {
        // As a storage does that finds out later: to the caller it is somebody else's commit.
        queueMicrotask(() => tell(writes));
        throw error;
      }
      return committed;
    },
    close: () => call(() => storage.close()),
    destroy: () => call(() => storage.destroy()),
  };
}
