/**
 * A client's storage in a SQLite file: a row for each record, a row for each operation.
 *
 * @module syncline/storage/sqlite
 */
import { defaultRuntime, type Runtime, type StorageAdapter } from 'syncline';
import type { SqliteConnection } from './session.js';
import { SqliteStorage } from './storage.js';

export type { SqliteValue } from '../../shared/sqlite.js';
export { salvageRows } from './salvage.js';
export type { SalvagedRow, Salvage } from './salvage.js';
export type { SqliteConnection, SqliteStatement } from './session.js';

export interface SqliteStorageOptions {
  /**
   * Opens a connection to the file: called by `open`, and by `destroy`; what it gives is closed by the storage, and used
   * by nobody else. The file is the storage's own.
   */
  readonly database: () => SqliteConnection | PromiseLike<SqliteConnection>;
  /** `full`: a commit outlives a power cut. `normal`: only a crash of the process, and is faster. Default `full`. */
  readonly synchronous?: 'full' | 'normal';
  /** How long to wait for another connection that writes to the file. Default 10,000. */
  readonly busyTimeoutMs?: number;
  /** Time from one look to the next whether another process has committed; 0: at this one's commits only. Default 1,000. */
  readonly pollMs?: number;
  /** Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'setTimer'>;
}

/**
 * A `StorageAdapter` in a SQLite file, for data larger than memory, and for people who want to query it: each table of
 * the layout is one in the file, with the columns `id`, `revision`, `value` (the row as JSON) and one for each index.
 *
 * Takes any driver of the shape of `better-sqlite3`, `libsql` or `node:sqlite`, and asynchronous ones. Several processes
 * may use one file; each sees what the others committed. A row whose text was damaged is moved to the table
 * `$quarantine`, and `lost` tells of it. Rejects with `storage-quota`, `storage-closed`, `storage-blocked` (another one
 * writes for longer than `busyTimeoutMs`, or the file cannot be opened), `storage-corrupt` (no database, a damaged one, or
 * that of another application, which is left as it is: see `salvageRows`) and `version` (a newer release wrote the file).
 *
 * @example
 * ```ts
 * import Database from 'libsql';
 * import { sqliteStorage } from 'syncline/storage/sqlite';
 *
 * const storage = sqliteStorage({ database: () => new Database('practice.db') });
 * ```
 */
export function sqliteStorage(options: SqliteStorageOptions): StorageAdapter {
  const {
    database,
    synchronous = 'full',
    busyTimeoutMs = 10_000,
    pollMs = 1_000,
    runtime = defaultRuntime,
  } = options;
  return new SqliteStorage({ database, synchronous, busyTimeoutMs, pollMs, runtime });
}
