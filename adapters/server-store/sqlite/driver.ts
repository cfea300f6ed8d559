import { SyncError } from 'syncline';
import type { SqliteValue } from '../../shared/sqlite.js';

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
