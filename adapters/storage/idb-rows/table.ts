import { keyAt, SyncError, type ScanOptions, type ScanRange, type StoredRow } from 'syncline';
import { readable, readEach, request } from '../../shared/idb/connection.js';
import { noSuchIndex } from '../../shared/rows.js';

/** A row as the database has it. `keys` has the key of each index that the row is in. */
interface RowShape extends StoredRow {
  readonly keys: Readonly<Record<string, number | string>>;
}

/** A row that cannot be read, and what there is of it. */
export interface Damage {
  readonly id: string;
  readonly text?: string;
}

export interface Reading {
  readonly rows: StoredRow[];
  readonly damaged: Damage[];
}

/** In place of a row that the browser cannot give back; a row itself is an object. */
const unreadable = null;

/** IndexedDB counts with 32 bits; a limit from here on is none. */
const countEnd = 2 ** 32;

/** What one table of the storage has in an object store of its name. */
export class Table {
  readonly name: string;
  readonly #indexes: ReadonlyMap<string, ReturnType<typeof keyAt>>;

  constructor(name: string, indexes: Readonly<Record<string, string>>) {
    this.name = name;
    this.#indexes = new Map(Object.entries(indexes).map(([index, pointer]) => [index, keyAt(pointer)]));
  }

  put(transaction: IDBTransaction, row: StoredRow): void {
    try {
      transaction.objectStore(this.name).put(this.#shaped(row));
    } catch (cause) {
      if (!(cause instanceof DOMException) || cause.name !== 'DataCloneError') throw cause;
      throw new SyncError('validation', 'a row is not JSON', { cause });
    }
  }

  delete(transaction: IDBTransaction, id: string): void {
    transaction.objectStore(this.name).delete(id);
  }

  async get(transaction: IDBTransaction, ids: readonly string[]): Promise<Reading> {
    return readingOf(await readEach(transaction.objectStore(this.name), ids, unreadable), ids);
  }

  async scan(transaction: IDBTransaction, options: ScanOptions): Promise<Reading> {
    const { index, range = {}, limit = Infinity, reverse = false } = options;
    if (index !== undefined && !this.#indexes.has(index)) throw noSuchIndex(index);
    const keys = keyRange(range);
    if (limit === 0 || keys === 'empty') return { rows: [], damaged: [] };
    const store = transaction.objectStore(this.name);
    const source = index === undefined ? store : store.index(index);
    const count = limit < countEnd ? limit : undefined;
    if (reverse && count !== undefined) return reversed(source, keys, count);
    const values = await readable<unknown[]>(source.getAll(keys, count));
    const reading =
      values === undefined ? await this.#oneByOne(store, source, keys, count) : readingOf(values);
    if (reverse) reading.rows.reverse();
    return reading;
  }

  /** Revision of a row; 0 where there is none, or none that can be read. */
  async revision(transaction: IDBTransaction, id: string): Promise<number> {
    const { rows } = await this.get(transaction, [id]);
    return rows[0]?.revision ?? 0;
  }

  /** Computes the keys anew for all rows that are there, in the upgrade of the database. */
  async refill(store: IDBObjectStore): Promise<void> {
    await eachOf(store.openCursor(), (cursor) => {
      const row = soundRow(cursor.value);
      if (row !== undefined) cursor.update(this.#shaped(row));
      return true;
    });
  }

  /** Where one row that is beyond recovery has made all of them fail. */
  async #oneByOne(
    store: IDBObjectStore,
    source: IDBObjectStore | IDBIndex,
    keys: IDBKeyRange | undefined,
    count: number | undefined,
  ): Promise<Reading> {
    const ids = (await request(source.getAllKeys(keys, count))) as string[];
    return readingOf(await readEach(store, ids, unreadable), ids);
  }

  #shaped({ id, revision, value }: StoredRow): RowShape {
    const keys: Record<string, number | string> = {};
    for (const [index, keyOf] of this.#indexes) {
      const key = keyOf({ value });
      if (key !== undefined) keys[propertyOf(index)] = key;
    }
    return { id, revision, value, keys };
  }
}

/** Where an index finds its key in a row. */
export function keyPathOf(index: string): string {
  return `keys.${propertyOf(index)}`;
}

/** A key path has names only: `/minutes` becomes `_2f_minutes`, and `/größe` becomes `_2f_grf6_df_e`. */
function propertyOf(index: string): string {
  return `_${index.replace(/[^A-Za-z]/g, (sign) => {
    const code = sign.charCodeAt(0).toString(16);
    // Of one length each, or a letter before a sign would be taken for a digit of it.
    return code.length > 2 ? `$${code.padStart(4, '0')}_` : `${code.padStart(2, '0')}_`;
  })}`;
}

async function reversed(
  source: IDBObjectStore | IDBIndex,
  keys: IDBKeyRange | undefined,
  limit: number,
): Promise<Reading> {
  const values: unknown[] = [];
  await eachOf(source.openCursor(keys, 'prev'), (cursor) => values.push(cursor.value) < limit);
  return readingOf(values);
}

/** Goes on while `visit` says so. */
function eachOf(
  opening: IDBRequest<IDBCursorWithValue | null>,
  visit: (cursor: IDBCursorWithValue) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    opening.onsuccess = () => {
      const cursor = opening.result;
      if (cursor !== null && visit(cursor)) cursor.continue();
      else resolve();
    };
    opening.onerror = () => reject(opening.error ?? new DOMException('no reason given', 'UnknownError'));
  });
}

/** `undefined` is a row that is not there. `ids` are needed where a value may be unreadable. */
function readingOf(values: readonly unknown[], ids: readonly string[] = []): Reading {
  const reading: Reading = { rows: [], damaged: [] };
  values.forEach((value, at) => {
    const row = soundRow(value);
    if (row !== undefined) reading.rows.push(row);
    else if (value === unreadable) reading.damaged.push({ id: ids[at]! });
    else if (value !== undefined)
      reading.damaged.push({ id: (value as StoredRow).id, text: JSON.stringify(value) });
  });
  return reading;
}

function soundRow(stored: unknown): StoredRow | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { id, revision, value } = stored as Partial<RowShape>;
  if (typeof id !== 'string' || typeof revision !== 'number' || value === undefined) return undefined;
  return { id, revision, value };
}

/** A range that holds nothing is no range to IndexedDB. */
function keyRange({ lower, upper, lowerOpen, upperOpen }: ScanRange): IDBKeyRange | undefined | 'empty' {
  if (Number.isNaN(lower) || Number.isNaN(upper)) return 'empty';
  if (lower === undefined)
    return upper === undefined ? undefined : IDBKeyRange.upperBound(upper, upperOpen === true);
  if (upper === undefined) return IDBKeyRange.lowerBound(lower, lowerOpen === true);
  const order = indexedDB.cmp(lower, upper);
  if (order > 0 || (order === 0 && (lowerOpen === true || upperOpen === true))) return 'empty';
  return IDBKeyRange.bound(lower, upper, lowerOpen === true, upperOpen === true);
}
