import type { ScanOptions, StoredRow } from '../contracts/storage.js';

export type Key = number | string;
export type KeyOf = (row: StoredRow) => Key | undefined;

/** The key of the order by row id. */
export const idOf: KeyOf = ({ id }) => id;

/** Moves up to this many, or to this share of the rows, are inserted one by one; more make the index stale. */
const singleMoves = 32;
const singleMovesShare = 1 / 100;

/** Rows of a table in the order of a key; numbers before strings, equal keys by id. Rows without a key are left out. */
export class SortedIndex {
  readonly #keyOf: KeyOf;
  readonly #table: ReadonlyMap<string, StoredRow>;
  /** Undefined: stale, and made anew by the next scan. */
  #rows: StoredRow[] | undefined;

  /** `table` is the living one: the index is made of what is in it when it is scanned. */
  constructor(keyOf: KeyOf, table: ReadonlyMap<string, StoredRow>) {
    this.#keyOf = keyOf;
    this.#table = table;
  }

  /** Row by row: what was there before, and what is there now. */
  move(before: readonly (StoredRow | undefined)[], after: readonly (StoredRow | undefined)[]): void {
    const rows = this.#rows;
    if (rows === undefined) return;
    if (before.length > Math.max(singleMoves, rows.length * singleMovesShare)) this.#rows = undefined;
    else before.forEach((row, at) => this.#moveOne(rows, row, after[at]));
  }

  scan({ range = {}, limit, reverse = false }: ScanOptions): StoredRow[] {
    if ([range.lower, range.upper].includes(NaN)) return [];
    const rows = (this.#rows ??= sortedRows(this.#table, this.#keyOf));
    const from = range.lower === undefined ? 0 : this.#bound(rows, range.lower, range.lowerOpen === true);
    const to =
      range.upper === undefined ? rows.length : this.#bound(rows, range.upper, range.upperOpen !== true);
    const count = Math.min(Math.max(0, to - from), limit ?? Infinity);
    return reverse ? rows.slice(to - count, to).reverse() : rows.slice(from, from + count);
  }

  #moveOne(rows: StoredRow[], before: StoredRow | undefined, after: StoredRow | undefined): void {
    const oldKey = before && this.#keyOf(before);
    const newKey = after && this.#keyOf(after);
    const inPlace = oldKey === newKey && oldKey !== undefined;
    if (before && oldKey !== undefined) {
      const at = this.#place(rows, oldKey, before.id);
      if (inPlace && after) rows[at] = after;
      else rows.splice(at, 1);
    }
    if (after && newKey !== undefined && !inPlace) rows.splice(this.#place(rows, newKey, after.id), 0, after);
  }

  /** Where this row is, or would be. */
  #place(rows: readonly StoredRow[], key: Key, id: string): number {
    return search(rows, (row) => compareKeys(this.#keyOf(row), key) || (row.id < id ? -1 : 1));
  }

  /** First row with a key at, or (`past`) after, this one. */
  #bound(rows: readonly StoredRow[], key: Key, past: boolean): number {
    return search(rows, (row) => compareKeys(this.#keyOf(row), key) || (past ? -1 : 1));
  }
}

/**
 * Sorts without a comparator in JavaScript, which is what makes the first scan after a start fast: ids, then numbers and
 * strings among the keys, each by the platform's own sort.
 */
function sortedRows(table: ReadonlyMap<string, StoredRow>, keyOf: KeyOf): StoredRow[] {
  const ordered = [...table.keys()].sort().map((id) => table.get(id)!);
  return keyOf === idOf ? ordered : sortedByKey(ordered, keyOf);
}

function sortedByKey(ordered: readonly StoredRow[], keyOf: KeyOf): StoredRow[] {
  const byKey = new Map<Key, StoredRow[]>();
  for (const row of ordered) {
    const key = keyOf(row);
    if (key === undefined) continue;
    const equal = byKey.get(key);
    if (equal === undefined) byKey.set(key, [row]);
    else equal.push(row);
  }
  const numbers: number[] = [];
  const texts: string[] = [];
  for (const key of byKey.keys()) {
    if (typeof key === 'number') numbers.push(key);
    else texts.push(key);
  }
  const sorted: StoredRow[] = [];
  for (const keys of [Float64Array.from(numbers).sort(), texts.sort()]) {
    for (const key of keys) for (const row of byKey.get(key) ?? []) sorted.push(row);
  }
  return sorted;
}

/** Place of the first of these rows for which `order` is not negative. */
export function search<R>(rows: readonly R[], order: (row: R) => number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(rows[middle]!) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The rows of an index have keys; `undefined` never occurs. */
function compareKeys(a: Key | undefined, b: Key): number {
  if (typeof a === typeof b) return a === b ? 0 : (a as Key) < b ? -1 : 1;
  return typeof a === 'number' ? -1 : 1;
}
