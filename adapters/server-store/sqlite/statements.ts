import type { SqliteValue } from '../../shared/sqlite.js';
import type { SqliteDatabase } from './driver.js';
import { outcomeColumns, recordColumns } from './rows.js';

export type Statements = ReturnType<typeof prepareStatements>;

/** A call of a driver costs as much as a row or two. */
const rowsAtOnce = 25;

/** Every statement of the store, prepared once. */
export function prepareStatements(database: SqliteDatabase) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    epoch: prepare(`SELECT value FROM sync_meta WHERE key = 'epoch'`),
    renewEpoch: prepare(`UPDATE sync_meta SET value = ? WHERE key = 'epoch'`),

    bounds: prepare('SELECT head, horizon FROM sync_spaces WHERE space = ?'),
    raiseHead: prepare(
      `INSERT INTO sync_spaces (space, head) VALUES (?, 1)
       ON CONFLICT (space) DO UPDATE SET head = head + 1 RETURNING head`,
    ),
    raiseHorizon: prepare('UPDATE sync_spaces SET horizon = max(horizon, ?) WHERE space = ?'),

    // `id` and `operation_id` are JSON arrays: one call for a batch costs less than one for each of its rows.
    load: prepare(
      'SELECT * FROM sync_records WHERE space = ? AND entity = ? AND id IN (SELECT value FROM json_each(?))',
    ),
    // Replaced rather than updated, so that the order of rowids is that of saving.
    save: prepareInsert(database, 'INSERT OR REPLACE INTO sync_records', recordColumns),
    dropTombstones: prepare('DELETE FROM sync_records WHERE space = ? AND deleted = 1 AND seq <= ?'),

    // Entities are a JSON array, or '' for all; given twice, for not every driver binds one value to two places.
    cut: prepare(
      `SELECT seq FROM sync_records
       WHERE space = ? AND seq > ? AND (? = '' OR entity IN (SELECT value FROM json_each(?)))
       ORDER BY seq LIMIT 1 OFFSET ?`,
    ),
    changes: prepare(
      `SELECT * FROM sync_records
       WHERE space = ? AND seq > ? AND (? = '' OR entity IN (SELECT value FROM json_each(?))) AND seq <= ?
       ORDER BY seq, rowid`,
    ),
    count: prepare(
      `SELECT count(*) AS remaining FROM sync_records
       WHERE space = ? AND seq > ? AND (? = '' OR entity IN (SELECT value FROM json_each(?)))`,
    ),

    findOutcomes: prepare(
      'SELECT * FROM sync_outcomes WHERE space = ? AND operation_id IN (SELECT value FROM json_each(?))',
    ),
    recordOutcomes: prepareInsert(database, 'INSERT INTO sync_outcomes', outcomeColumns),
    outcomes: prepare(
      'SELECT * FROM sync_outcomes WHERE space = ? AND position > ? ORDER BY position LIMIT ?',
    ),
    outcomesByStatus: prepare(
      'SELECT * FROM sync_outcomes WHERE space = ? AND position > ? AND status = ? ORDER BY position LIMIT ?',
    ),
    dropOutcomes: prepare('DELETE FROM sync_outcomes WHERE space = ? AND at < ?'),
  };
}

/** Inserts rows in their order. */
function prepareInsert(database: SqliteDatabase, into: string, columns: string) {
  const row = `(${columns.replaceAll(/\w+/g, '?')})`;
  const prepare = (rows: number) =>
    database.prepare(`${into} (${columns}) VALUES ${Array(rows).fill(row).join()}`);
  const [one, many] = [prepare(1), prepare(rowsAtOnce)];
  return (rows: readonly SqliteValue[][]): void => {
    const rest = rows.length - (rows.length % rowsAtOnce);
    for (let at = 0; at < rest; at += rowsAtOnce) {
      const values: SqliteValue[] = [];
      for (const row of rows.slice(at, at + rowsAtOnce)) values.push(...row);
      many.run(...values);
    }
    for (const values of rows.slice(rest)) one.run(...values);
  };
}
