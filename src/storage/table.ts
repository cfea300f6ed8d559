import type { Json } from '../contracts/json.js';
import type { ScanOptions, StorageLayout, StoredRow } from '../contracts/storage.js';
import { SyncError } from '../errors.js';
import { keyAt } from './key-of.js';
import type { TableChange } from './row-codec.js';
import { idOf, SortedIndex, type KeyOf } from './sorted-index.js';

/** The rows of one table in memory. Rows are replaced, never changed, so what a reader holds stays as it was. */
export class Table {
  readonly rows = new Map<string, StoredRow>();
  /** False for a table that is in the log but not in the layout: it is kept, and not shown. */
  readonly declared: boolean;
  /** By name of the index; `undefined` is the order by row id. */
  readonly #keys = new Map<string | undefined, KeyOf>([[undefined, idOf]]);
  /** Those that were scanned once; the others cost nothing. */
  readonly #indexes = new Map<string | undefined, SortedIndex>();

  constructor(layout: StorageLayout[string] | undefined) {
    this.declared = layout !== undefined;
    for (const [name, pointer] of Object.entries(layout?.indexes ?? {})) this.#keys.set(name, keyAt(pointer));
  }

  scan(options: ScanOptions): StoredRow[] {
    let index = this.#indexes.get(options.index);
    if (index === undefined) {
      const keyOf = this.#keys.get(options.index);
      if (keyOf === undefined) throw new SyncError('validation', `there is no index '${options.index}'`);
      this.#indexes.set(options.index, (index = new SortedIndex(keyOf, this.rows)));
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
