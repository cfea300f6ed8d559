/**
 * A server store in one SQLite file.
 *
 * @module syncline/server-store/sqlite
 */
import { SyncError } from 'syncline';
import type { ServerStore } from 'syncline/server';
import { isBusy, named, sqliteError } from '../../shared/sqlite.js';
import { openFile, type SqliteDatabase } from './driver.js';
import { rowToOutcome, rowToRecord } from './rows.js';
import { prepareTables } from './schema.js';
import { prepareStatements, type Statements } from './statements.js';
import { boundsOf, openTransaction } from './transaction.js';

export type { SqliteValue } from '../../shared/sqlite.js';
export type { SqliteDatabase, SqliteStatement } from './driver.js';

export interface SqliteStoreOptions {
  /** Path of the database file, opened with `libsql` when it is first needed. */
  readonly file?: string;
  /**
   * An open `better-sqlite3` or `libsql` connection, in the place of a file. Nobody else may use it meanwhile; its
   * settings are its owner's, and so is closing it.
   */
  readonly database?: SqliteDatabase;
  /** `full`: a commit outlives a power cut. `normal`: only a crash of the process, and is faster. Default `full`. */
  readonly synchronous?: 'full' | 'normal';
  /** How long to wait for another process that writes to the file. Default 10,000. */
  readonly busyTimeoutMs?: number;
}

export interface SqliteServerStore extends ServerStore {
  /** To be called once after the file was restored from a backup: every replica checks again what it has. */
  renewEpoch(): Promise<void>;
}

interface Connection {
  readonly database: SqliteDatabase;
  readonly statements: Statements;
}

/** Between two attempts at a file that another process is writing to. */
const retryMs = 5;

/**
 * A server store in one SQLite file, in tables that plain SQL can read: `sync_records`, `sync_outcomes`, `sync_spaces`.
 *
 * Several processes may use one file. Calls fail with `SyncError` `storage-blocked` when another one writes for longer
 * than `busyTimeoutMs`, `storage-quota` on a full disk, `storage-corrupt` for what is no database, and `version`
 * for tables that a newer release made.
 *
 * @example
 * ```ts
 * import { createSyncServer } from 'syncline/server';
 * import { sqliteStore } from 'syncline/server-store/sqlite';
 *
 * const server = createSyncServer({ entities: [], store: sqliteStore({ file: ':memory:' }), mode: 'development' });
 * await server.close();
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteServerStore {
  let opening: Promise<Connection> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  /** One after the other: a connection has one transaction, and reads beside it would see what is not committed. */
  function inTurn<T>(work: (connection: Connection) => T | Promise<T>): Promise<T> {
    if (isClosed) return Promise.reject(new SyncError('storage-closed', 'the store is closed'));
    const turn = last.then(async () => {
      opening ??= connect(options);
      const connection = await opening.catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return work(connection);
    });
    last = turn.catch(() => undefined);
    return turn;
  }

  const read = <T>(work: (statements: Statements) => T) =>
    inTurn(({ statements }) => named(() => work(statements)));
  const write = <T>(work: (statements: Statements) => T | Promise<T>) =>
    inTurn(({ database, statements }) => inTransaction(database, options, async () => work(statements)));

  return {
    epoch: () => read((statements) => (statements.epoch.get() as { readonly value: string }).value),
    renewEpoch: () => write((statements) => void statements.renewEpoch.run(crypto.randomUUID())),
    transact: (space, work) => write((statements) => work(openTransaction(statements, space))),
    bounds: (space) => read((statements) => boundsOf(statements, space)),
    changesSince: (space, { after, entities, limit }) =>
      read((statements) => {
        const wanted = entities === undefined ? '' : JSON.stringify(entities);
        const cut = statements.cut.get(space, after, wanted, wanted, limit - 1) as
          { readonly seq: number } | undefined;
        const upTo = cut?.seq ?? Number.MAX_SAFE_INTEGER;
        const records = statements.changes.all(space, after, wanted, wanted, upTo).map(rowToRecord);
        const { remaining } = statements.count.get(space, upTo, wanted, wanted) as {
          readonly remaining: number;
        };
        return { records, remaining };
      }),
    outcomes: (space, { after, limit, status }) =>
      read(({ outcomes, outcomesByStatus }) =>
        (status === undefined
          ? outcomes.all(space, after, limit)
          : outcomesByStatus.all(space, after, status, limit)
        ).map(rowToOutcome),
      ),
    compact: (space, { seq, outcomesBefore }) =>
      write((statements) =>
        named(() => {
          const horizon = Math.min(seq, boundsOf(statements, space).head);
          statements.dropTombstones.run(space, horizon);
          statements.dropOutcomes.run(space, outcomesBefore);
          statements.raiseHorizon.run(horizon, space);
        }),
      ),
    async close() {
      isClosed = true;
      await last;
      if (options.database === undefined) (await opening)?.database.close();
    },
  };
}

async function connect(options: SqliteStoreOptions): Promise<Connection> {
  const { file, database: given, synchronous = 'full' } = options;
  if ((file === undefined) === (given === undefined))
    throw new TypeError('sqliteStore: give either `file` or `database`');
  const database = given ?? (await openFile(file!));
  try {
    if (given === undefined) {
      database.exec('PRAGMA busy_timeout = 0');
      await patiently(options, () => database.exec('PRAGMA journal_mode = WAL'));
      database.exec(`PRAGMA synchronous = ${synchronous}`);
    }
    await inTransaction(database, options, async () => prepareTables(database));
    return { database, statements: prepareStatements(database) };
  } catch (error) {
    if (given === undefined) database.close();
    throw sqliteError(error);
  }
}

/**
 * Runs `work` between BEGIN and COMMIT. The write lock is taken first, so that nothing read can be out of date. While
 * another process has it this one waits without blocking its own event loop.
 */
async function inTransaction<T>(
  database: SqliteDatabase,
  options: SqliteStoreOptions,
  work: () => Promise<T>,
): Promise<T> {
  await patiently(options, () => database.exec('BEGIN IMMEDIATE'));
  try {
    const value = await work();
    named(() => database.exec('COMMIT'));
    return value;
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back already, as it does on a full disk; the first error says why.
    }
    throw error;
  }
}

async function patiently({ busyTimeoutMs = 10_000 }: SqliteStoreOptions, work: () => unknown): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || waitedMs >= busyTimeoutMs) throw sqliteError(error);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}
