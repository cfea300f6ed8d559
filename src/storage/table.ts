import type { Json } from '../contracts/json.js';
import type { ScanOptions, StorageLayout, StoredRow } from '../contracts/storage.js';
import { SyncError } from '../errors.js';
import { keyAt } from './key-of.js';
import type { TableChange } from './row-codec.js';
import { SortedIndex, type KeyOf } from './sorted-index.js';

/** Name under which the order by row id is kept; a declared index cannot be called so. */
const byId = '';

/** The rows of one table in memory. Rows are replaced, never changed, so what a reader holds stays as it was. */
export class Table {
  readonly rows = new Map<string, StoredRow>();
  /** False for a table that is in the log but not in the layout: it is kept, and not shown. */
  readonly declared: boolean;
  readonly #keys: ReadonlyMap<string, KeyOf>;
  /** Those that were scanned once; the others cost nothing. */
  readonly #indexes = new Map<string, SortedIndex>();

  constructor(layout: StorageLayout[string] | undefined) {
    this.declared = layout !== undefined;
    const keys = Object.entries(layout?.indexes ?? {}).map(
      ([name, pointer]) => [name, keyAt(pointer)] as const,
    );
    this.#keys = new Map<string, KeyOf>([...keys, [byId, (row) => row.id]]);
  }

  scan(options: ScanOptions): StoredRow[] {
    const name = options.index ?? byId;
    let index = this.#indexes.get(name);
    if (index === undefined) {
      const keyOf = this.#keys.get(name);
      if (keyOf === undefined) throw new SyncError('validation', `there is no index '${name}'`);
      this.#indexes.set(name, (index = new SortedIndex(keyOf, this.rows)));
    }
    return index.scan(options);
  }

  apply([, puts, deletes]: TableChange, revision: number): void {
    const before: (StoredRow | undefined)[] = [];
    const after: (StoredRow | undefined)[] = [];
    const indexed = this.#indexes.size > 0;
    for (let at = 0; at < puts.length; at += 2) {
      const row = { id: puts[at] as string, revision, value: puts[at + 1] as Json };
      if (indexed) {
        before.push(this.rows.get(row.id));
        after.push(row);
      }
      this.rows.set(row.id, row);
    }
    for (const id of deletes) {
      if (indexed) before.push(this.rows.get(id));
      this.rows.delete(id);
    }
    for (const index of this.#indexes.values()) index.move(before, after);
  }

  /** Takes rows of a snapshot's chunk, before the first scan. Returns the greatest revision among them. */
  load(cells: readonly Json[]): number {
    let newest = 0;
    for (let at = 0; at < cells.length; at += 3) {
      const row = {
        id: cells[at] as string,
        revision: cells[at + 1] as number,
        value: cells[at + 2] as Json,
      };
      newest = Math.max(newest, row.revision);
      this.rows.set(row.id, row);
    }
    return newest;
  }
}
