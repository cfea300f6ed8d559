import {
  keyAt,
  type Json,
  type RowRevision,
  type ScanOptions,
  type StorageWrite,
  type StoredRow,
} from 'syncline';
import { jsonOf, noSuchIndex } from '../../shared/rows.js';
import type { SqliteValue } from '../../shared/sqlite.js';
import { decodeText, encodeText, sqlKey, sqlName } from './names.js';
import type { Session } from './session.js';

/** A row as the file has it. */
export interface RawRow {
  readonly id: unknown;
  readonly revision: unknown;
  readonly value: unknown;
}

/** What was read: the rows, and those whose text is no JSON any more. */
export interface Reading {
  readonly rows: StoredRow[];
  readonly damaged: RawRow[];
}

/** Less than every number, and more than NULL, which stands for no key. */
const leastKey = '-9e999';

/** The statements of one table of the storage, and its rows both ways. */
export class Table {
  readonly #sql: string;
  readonly #indexes: readonly {
    readonly index: string;
    readonly column: string;
    readonly keyOf: ReturnType<typeof keyAt>;
  }[];
  readonly #upsert: string;

  constructor(name: string, indexes: Readonly<Record<string, string>>) {
    this.#sql = sqlName(name);
    this.#indexes = Object.entries(indexes).map(([index, pointer]) => ({
      index,
      column: sqlName(index),
      keyOf: keyAt(pointer),
    }));
    const columns = ['revision', 'value', ...this.#indexes.map(({ column }) => column)];
    this.#upsert = `INSERT INTO ${this.#sql} (id, ${columns.join()}) VALUES (?${',?'.repeat(columns.length)})
      ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join()}`;
  }

  /** Writes and deletes, all of them of this table. */
  async write(session: Session, writes: readonly StorageWrite[], revision: number): Promise<void> {
    const [puts, deletes]: [SqliteValue[][], SqliteValue[][]] = [[], []];
    for (const { id, value } of writes) {
      if (value === undefined) deletes.push([encodeText(id)]);
      else puts.push([encodeText(id), revision, jsonOf(value), ...this.#keysOf(value)]);
    }
    if (puts.length > 0) await session.runEach(this.#upsert, puts);
    if (deletes.length > 0) await session.runEach(`DELETE FROM ${this.#sql} WHERE id = ?`, deletes);
  }

  async get(session: Session, ids: readonly string[]): Promise<Reading> {
    return readingOf(
      await session.all<RawRow>(
        `SELECT id, revision, value FROM ${this.#sql} WHERE id IN (SELECT value FROM json_each(?))`,
        JSON.stringify(ids.map(encodeText)),
      ),
    );
  }

  async scan(
    session: Session,
    { index, range = {}, limit = Infinity, reverse }: ScanOptions,
  ): Promise<Reading> {
    const column = index === undefined ? 'id' : this.#indexes.find((each) => each.index === index)?.column;
    if (column === undefined) throw noSuchIndex(index!);
    const conditions = [
      `${column} ${range.lowerOpen === true ? '>' : '>='} ${range.lower === undefined ? leastKey : '?'}`,
    ];
    if (range.upper !== undefined) conditions.push(`${column} ${range.upperOpen === true ? '<' : '<='} ?`);
    const direction = reverse === true ? 'DESC' : 'ASC';
    const order = [...new Set([column, 'id'])].map((each) => `${each} ${direction}`).join();
    return readingOf(
      await session.all<RawRow>(
        `SELECT id, revision, value FROM ${this.#sql} WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`,
        ...[range.lower, range.upper].filter((bound) => bound !== undefined).map(sqlKey),
        Math.min(limit, Number.MAX_SAFE_INTEGER),
      ),
    );
  }

  #keysOf(value: Json): SqliteValue[] {
    return this.#indexes.map(({ keyOf }) => sqlKey(keyOf({ value })));
  }

  /** Those of the rows that have another revision now. */
  async moved(session: Session, expected: readonly RowRevision[]): Promise<RowRevision[]> {
    const found = await session.all<{ readonly id: string; readonly revision: number }>(
      `SELECT id, revision FROM ${this.#sql} WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(expected.map(({ id }) => encodeText(id))),
    );
    const revisions = new Map(found.map(({ id, revision }) => [id, revision]));
    return expected.filter(({ id, revision }) => (revisions.get(encodeText(id)) ?? 0) !== revision);
  }
}

export function idOf({ id }: Pick<RawRow, 'id'>): string {
  return decodeText(String(id));
}

function readingOf(raw: readonly RawRow[]): Reading {
  const reading: Reading = { rows: [], damaged: [] };
  for (const row of raw) {
    const { revision, value } = row;
    const parsed = typeof value === 'string' && typeof revision === 'number' ? parse(value) : undefined;
    if (parsed === undefined) reading.damaged.push(row);
    else reading.rows.push({ id: idOf(row), revision: revision as number, value: parsed });
  }
  return reading;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
