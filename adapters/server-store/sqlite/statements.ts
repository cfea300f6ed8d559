import type { SqliteDatabase } from './driver.js';
import { recordColumns } from './rows.js';

export type Statements = ReturnType<typeof prepareStatements>;

/** Every statement of the store, prepared once. */
export function prepareStatements(database: SqliteDatabase) {
  const prepare = (sql: string) => database.prepare(sql);
  const places = recordColumns.replaceAll(/\w+/g, '?');
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
    save: prepare(`INSERT OR REPLACE INTO sync_records (${recordColumns}) VALUES (${places})`),
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
    recordOutcome: prepare(
      `INSERT INTO sync_outcomes (space, operation_id, status, at, seq, operation, result) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    outcomes: prepare(
      'SELECT * FROM sync_outcomes WHERE space = ? AND position > ? ORDER BY position LIMIT ?',
    ),
    outcomesByStatus: prepare(
      'SELECT * FROM sync_outcomes WHERE space = ? AND position > ? AND status = ? ORDER BY position LIMIT ?',
    ),
    dropOutcomes: prepare('DELETE FROM sync_outcomes WHERE space = ? AND at < ?'),
  };
}
