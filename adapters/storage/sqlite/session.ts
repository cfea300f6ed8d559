import type { Runtime } from 'syncline';
import { isBusy, sqliteError, type SqliteValue } from '../../shared/sqlite.js';

/** The slice of a prepared statement that is used. Drivers answer at once, or with a promise. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): readonly unknown[] | PromiseLike<readonly unknown[]>;
}

/**
 * The slice of a connection that is used: that of `better-sqlite3`, `libsql` and `node:sqlite` as they are, and of any
 * other driver in a few lines. Each call may answer at once, or with a promise.
 */
export interface SqliteConnection {
  prepare(sql: string): SqliteStatement | PromiseLike<SqliteStatement>;
  close(): unknown;
}

export interface SessionOptions {
  /** How long to wait for another connection that writes to the file, ms. */
  readonly busyTimeoutMs: number;
  readonly runtime: Pick<Runtime, 'setTimer'>;
}

/** Between two attempts at a file that another connection is writing to. */
const retryMs = 5;

/** One connection, and its statements by their text. Calls must not overlap: a connection has one transaction. */
export class Session {
  readonly #connection: SqliteConnection;
  readonly #options: SessionOptions;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(connection: SqliteConnection, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async run(sql: string, ...values: SqliteValue[]): Promise<void> {
    await (this.#statements.get(sql) ?? (await this.#prepare(sql))).run(...values);
  }

  /** The same statement for each of these. A driver that answers at once is not made to wait for a turn at every row. */
  async runEach(sql: string, rows: Iterable<readonly SqliteValue[]>): Promise<void> {
    const statement = this.#statements.get(sql) ?? (await this.#prepare(sql));
    for (const values of rows) {
      const done = statement.run(...values);
      if (isPromise(done)) await done;
    }
  }

  /** `Row` is what the statement selects. */
  async all<Row>(sql: string, ...values: SqliteValue[]): Promise<readonly Row[]> {
    const statement = this.#statements.get(sql) ?? (await this.#prepare(sql));
    return (await statement.all(...values)) as readonly Row[];
  }

  /** `work` outside of a transaction, again while another connection is in the way. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (let waitedMs = 0; ; waitedMs += retryMs) {
      try {
        return await work();
      } catch (error) {
        if (!isBusy(error) || waitedMs >= this.#options.busyTimeoutMs) throw sqliteError(error);
        await new Promise<void>((resolve) => this.#options.runtime.setTimer(retryMs, resolve));
      }
    }
  }

  /** Takes the write lock first, so that nothing that `work` reads can be out of date. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.patiently(() => this.run('BEGIN IMMEDIATE'));
    try {
      const value = await work();
      await this.patiently(() => this.run('COMMIT'));
      return value;
    } catch (error) {
      // SQLite may have rolled back already, as it does on a full disk; the first error says why.
      await this.run('ROLLBACK').catch(() => undefined);
      throw sqliteError(error);
    }
  }

  async close(): Promise<void> {
    this.#statements.clear();
    await this.#connection.close();
  }

  async #prepare(sql: string): Promise<SqliteStatement> {
    const statement = await this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
