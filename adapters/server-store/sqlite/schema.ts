import { SyncError } from 'syncline';
import type { SqliteDatabase } from './driver.js';

/** Version of the tables below. */
const layout = 1;

const tables = `
  CREATE TABLE IF NOT EXISTS sync_meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS sync_spaces (
    space TEXT PRIMARY KEY,
    head INTEGER NOT NULL,
    horizon INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS sync_records (
    space TEXT NOT NULL,
    entity TEXT NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    data TEXT NOT NULL,
    clock TEXT NOT NULL,
    stamp TEXT NOT NULL,
    stamps TEXT,
    decisions TEXT,
    field_seqs TEXT NOT NULL,
    PRIMARY KEY (space, entity, id)
  );
  CREATE INDEX IF NOT EXISTS sync_records_by_seq ON sync_records (space, seq, entity);
  CREATE TABLE IF NOT EXISTS sync_outcomes (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    space TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    operation TEXT NOT NULL,
    result TEXT NOT NULL,
    UNIQUE (space, operation_id)
  );
  CREATE INDEX IF NOT EXISTS sync_outcomes_by_status ON sync_outcomes (space, status, position);
`;

/**
 * Makes the tables where there are none, inside a transaction that is open. Throws `SyncError` `version`, before
 * anything is written, for tables of a newer layout.
 */
export function prepareTables(database: SqliteDatabase): void {
  const known = database
    .prepare(`SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'sync_meta'`)
    .get();
  if (known !== undefined) {
    const row = database.prepare(`SELECT value FROM sync_meta WHERE key = 'layout'`).get() as
      { value: string } | undefined;
    if (Number(row?.value ?? 0) > layout) {
      throw new SyncError(
        'version',
        `the tables have layout ${row?.value}, and only ${layout} is known here`,
        {
          hint: 'A newer release wrote this file. Use that one, or newer.',
        },
      );
    }
  }
  database.exec(tables);
  const insert = database.prepare('INSERT OR IGNORE INTO sync_meta (key, value) VALUES (?, ?)');
  insert.run('layout', String(layout));
  insert.run('epoch', crypto.randomUUID());
}
