import type { ScanOptions, StorageAdapter, StorageLayout, StorageSignals } from 'syncline';
import type { ConformanceCase } from './check.js';

/** Makes an adapter that is not open yet. All adapters of one setup stand over one store, which is empty at first. */
export type StorageSetup = () => StorageAdapter;

export type StorageCase = ConformanceCase<StorageSetup>;

export const layout: StorageLayout = {
  notes: { indexes: { due: '/due' } },
  outbox: { indexes: {} },
};

/** A case whose adapters are closed at the end, whatever happened. */
export function storageCase(name: string, body: (world: StorageWorld) => Promise<void>): StorageCase {
  return {
    name,
    run: async (setup) => {
      const world = new StorageWorld(setup);
      try {
        await body(world);
      } finally {
        await world.close();
      }
    },
  };
}

export class StorageWorld {
  readonly #setup: StorageSetup;
  readonly #adapters: StorageAdapter[] = [];

  constructor(setup: StorageSetup) {
    this.#setup = setup;
  }

  /** Another adapter over the same store, not open yet. */
  create(): StorageAdapter {
    const storage = this.#setup();
    this.#adapters.push(storage);
    return storage;
  }

  async open(signals: StorageSignals = {}, tables: StorageLayout = layout): Promise<StorageAdapter> {
    const storage = this.create();
    await storage.open(tables, signals);
    return storage;
  }

  /** Closes one and opens another, as a restart does. */
  async reopen(storage: StorageAdapter, tables: StorageLayout = layout): Promise<StorageAdapter> {
    await storage.close();
    return this.open({}, tables);
  }

  async close(): Promise<void> {
    for (const storage of this.#adapters) await storage.close();
  }
}

export async function idsOf(
  storage: StorageAdapter,
  table: string,
  options?: ScanOptions,
): Promise<string[]> {
  return (await storage.scan(table, options)).map(({ id }) => id);
}

export async function valueOf(storage: StorageAdapter, table: string, id: string): Promise<unknown> {
  const [row] = await storage.get(table, [id]);
  return row?.value;
}
