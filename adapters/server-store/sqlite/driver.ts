import { isSyncError, SyncError, type SyncErrorCode } from 'syncline';

/** The slice of a prepared statement that is used; that of `better-sqlite3` and `libsql`. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): unknown;
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
}

/** The slice of a connection that is used; that of `better-sqlite3` and `libsql`. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

export type SqliteValue = string | number | null;

/** Opens a file with `libsql`, which is an optional peer dependency and loaded only here. */
export async function openFile(file: string): Promise<SqliteDatabase> {
  const { default: Database } = await import('libsql').catch((cause: unknown) => {
    throw new SyncError('internal', 'the package libsql is not installed', {
      hint: 'npm install libsql, or hand in a better-sqlite3 database.',
      cause,
    });
  });
  return new Database(file);
}

/** Runs what speaks to the database, and names what went wrong. */
export function named<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error);
  }
}

/** The `SyncError` that an error of the driver stands for. */
export function storeError(cause: unknown): SyncError {
  if (isSyncError(cause)) return cause;
  return new SyncError(codeOf(cause), `sqlite: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_BUSY');
}

function codeOf(error: unknown): SyncErrorCode {
  const code = sqliteCode(error);
  if (code.startsWith('SQLITE_FULL')) return 'storage-quota';
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return 'storage-corrupt';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'storage-blocked';
  return 'internal';
}

function sqliteCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
