import type { ScanOptions, StoredRow } from '../contracts/storage.js';

export type Key = number | string;
export type KeyOf = (row: StoredRow) => Key | undefined;

/** Moves up to this many are inserted one by one; more are put at the end and sorted when the next scan comes. */
const singleMoves = 32;

/** Rows of a table in the order of a key; numbers before strings, equal keys by id. Rows without a key are left out. */
export class SortedIndex {
  readonly #keyOf: KeyOf;
  #rows: StoredRow[] = [];
  #sorted = false;

  constructor(keyOf: KeyOf, rows: Iterable<StoredRow>) {
    this.#keyOf = keyOf;
    this.#add(rows);
  }

  /** Row by row: what was there before, and what is there now. */
  move(before: readonly (StoredRow | undefined)[], after: readonly (StoredRow | undefined)[]): void {
    if (before.length <= singleMoves) {
      this.#sort();
      before.forEach((row, at) => this.#moveOne(row, after[at]));
      return;
    }
    const gone = new Set(before);
    this.#rows = this.#rows.filter((row) => !gone.has(row));
    this.#add(after);
  }

  scan({ range = {}, limit, reverse = false }: ScanOptions): StoredRow[] {
    this.#sort();
    const from = range.lower === undefined ? 0 : this.#bound(range.lower, range.lowerOpen === true);
    const to =
      range.upper === undefined ? this.#rows.length : this.#bound(range.upper, range.upperOpen !== true);
    const count = Math.min(Math.max(0, to - from), limit ?? Infinity);
    return reverse ? this.#rows.slice(to - count, to).reverse() : this.#rows.slice(from, from + count);
  }

  #add(rows: Iterable<StoredRow | undefined>): void {
    for (const row of rows) if (row !== undefined && this.#keyOf(row) !== undefined) this.#rows.push(row);
    this.#sorted = false;
  }

  /** The sort finds runs that are in order (TimSort), so adding k rows to n costs about n + k log k. */
  #sort(): void {
    if (this.#sorted) return;
    const keyOf = this.#keyOf;
    this.#rows.sort((a, b) => compareKeys(keyOf(a), keyOf(b)) || compareIds(a.id, b.id));
    this.#sorted = true;
  }

  #moveOne(before: StoredRow | undefined, after: StoredRow | undefined): void {
    const oldKey = before && this.#keyOf(before);
    const newKey = after && this.#keyOf(after);
    const inPlace = oldKey === newKey && oldKey !== undefined;
    if (before && oldKey !== undefined) {
      const at = this.#place(oldKey, before.id);
      if (inPlace && after) this.#rows[at] = after;
      else this.#rows.splice(at, 1);
    }
    if (after && newKey !== undefined && !inPlace) this.#rows.splice(this.#place(newKey, after.id), 0, after);
  }

  /** Where this row is, or would be. */
  #place(key: Key, id: string): number {
    return this.#search((row) => compareKeys(this.#keyOf(row), key) || compareIds(row.id, id));
  }

  /** First row with a key at, or (`past`) after, this one. */
  #bound(key: Key, past: boolean): number {
    return this.#search((row) => compareKeys(this.#keyOf(row), key) || (past ? -1 : 1));
  }

  /** First row for which `order` is not negative. */
  #search(order: (row: StoredRow) => number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.#rows[middle];
      if (row !== undefined && order(row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Rows in an index have keys; `undefined` never occurs and compares as equal. */
function compareKeys(a: Key | undefined, b: Key | undefined): number {
  if (typeof a === typeof b) return a === b ? 0 : (a as Key) < (b as Key) ? -1 : 1;
  return typeof a === 'number' ? -1 : 1;
}

function compareIds(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
