import { logStorage, type Json, type RowRef, type StorageAdapter, type StorageLayout } from 'syncline';
import { memoryDevice, type MemoryStore } from 'syncline/storage/memory';

/** A row as it is stored; without a value it was deleted. */
export interface SeenRow extends RowRef {
  readonly value: Json | undefined;
  readonly revision: number;
}

/** Tells what is durable on a device, whatever its tabs believe. */
export interface Source {
  open(layout: StorageLayout): Promise<void>;
  /** Rows that moved since the last call, in order. */
  moved(): Promise<readonly SeenRow[]>;
}

/** Reads a log in memory beside its tabs. */
export class MemorySource implements Source {
  readonly #storage: StorageAdapter;
  readonly #store: MemoryStore;
  #ring: () => void = () => undefined;
  #moved: RowRef[] = [];

  constructor(store: MemoryStore) {
    this.#store = store;
    this.#storage = logStorage(memoryDevice(store), { compactAfter: Infinity });
  }

  async open(layout: StorageLayout): Promise<void> {
    await this.#storage.open(layout, { changed: (rows) => this.#moved.push(...rows) });
    const [bell] = this.#store.bells;
    if (bell !== undefined) this.#ring = bell;
    // It is rung when an entry is stored, not when the writer gets round to it.
    this.#store.bells.clear();
  }

  /** Something was stored. */
  ring(): void {
    this.#ring();
  }

  async moved(): Promise<readonly SeenRow[]> {
    const refs = this.#moved;
    this.#moved = [];
    const rows: SeenRow[] = [];
    for (const { table, id } of refs) {
      const [row] = await this.#storage.get(table, [id]);
      rows.push({ table, id, value: row?.value, revision: row?.revision ?? 0 });
    }
    return rows;
  }
}

/** Takes what is read back after each commit, whichever tab made it. */
export class ReadBackSource implements Source {
  layout: StorageLayout | undefined;
  readonly rows = new Map<string, SeenRow>();
  #moved: SeenRow[] = [];

  async open(): Promise<void> {}

  take(row: SeenRow): void {
    const known = this.rows.get(placeOf(row));
    // Two tabs may read back in another order than they committed.
    if (known !== undefined && known.revision > row.revision) return;
    this.rows.set(placeOf(row), row);
    this.#moved.push(row);
  }

  async moved(): Promise<readonly SeenRow[]> {
    return this.#moved.splice(0);
  }
}

export function placeOf({ table, id }: RowRef): string {
  return `${table} ${id}`;
}
