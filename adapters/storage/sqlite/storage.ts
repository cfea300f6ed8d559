import type {
  RowRef,
  RowRevision,
  ScanOptions,
  StorageAdapter,
  StorageLayout,
  StorageSignals,
  StorageWrite,
  StoredRow,
} from 'syncline';
import { SyncError } from 'syncline';
import {
  conditionsOf,
  conflictOn,
  movedBy,
  noSuchTable,
  notOpen,
  quarantineTable,
  refsOf,
} from '../../shared/rows.js';
import { isTableGone, sqliteError } from '../../shared/sqlite.js';
import { addCommit, movedBetween, newestCommit } from './commits.js';
import { dropAll, grow, inspect, layoutMark, storedLayout } from './schema.js';
import { Session, type SessionOptions, type SqliteConnection } from './session.js';
import { idOf, Table, type Reading } from './table.js';

export interface StorageSetup extends SessionOptions {
  readonly database: () => SqliteConnection | PromiseLike<SqliteConnection>;
  readonly synchronous: 'full' | 'normal';
  readonly pollMs: number;
}

const removed = 'another connection removed the store';

export class SqliteStorage implements StorageAdapter {
  readonly #setup: StorageSetup;
  #state: 'new' | 'open' | 'closed' = 'new';
  #session: Session | undefined;
  /** What the application declared; only this can be asked for. */
  #declared: ReadonlySet<string> = new Set();
  /** Everything that the file has: the indexes of other releases are kept up too. */
  #tables: ReadonlyMap<string, Table> = new Map();
  #signals: StorageSignals = {};
  /** Newest commit that this connection knows of, its own and others'. */
  #seen = 0;
  /** Of the store that was opened. */
  #epoch: string | null = null;
  #toldOfLoss = false;
  #turn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #cancelPoll: () => void = () => undefined;

  constructor(setup: StorageSetup) {
    this.#setup = setup;
  }

  async open(layout: StorageLayout, signals: StorageSignals = {}): Promise<void> {
    if (this.#state !== 'new') throw new SyncError('storage-closed', 'a storage is opened once');
    this.#state = 'open';
    this.#signals = signals;
    this.#declared = new Set([...Object.keys(layout), quarantineTable]);
    const opened = this.#start({ ...layout, [quarantineTable]: { indexes: {} } });
    this.#turn = opened.catch(() => undefined);
    await opened;
    if (!this.#is('open')) throw notOpen();
    this.#poll();
  }

  get(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    return this.#inTurn(async (session) => {
      const found = this.#table(table);
      const rows = await this.#sound(session, table, () => found.get(session, ids));
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id));
    });
  }

  scan(table: string, options: ScanOptions = {}): Promise<readonly StoredRow[]> {
    return this.#inTurn(async (session) => {
      const found = this.#table(table);
      return this.#sound(session, table, () => found.scan(session, options));
    });
  }

  commit(
    writes: readonly StorageWrite[],
    reads: readonly RowRevision[] = [],
  ): Promise<{ readonly revision: number }> {
    return this.#inTurn(async (session) => {
      for (const { table } of [...writes, ...reads]) this.#table(table);
      return { revision: await this.#commit(session, writes, reads) };
    });
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async destroy(): Promise<void> {
    await this.close();
    const session = await this.#connect();
    try {
      if ((await inspect(session)) === 'new') return;
      await session.transaction(() => dropAll(session));
      // Gives the space back, which is not worth a failure.
      await session.run('VACUUM').catch(() => undefined);
    } catch (error) {
      throw sqliteError(error);
    } finally {
      await session.close();
    }
  }

  async #start(layout: StorageLayout): Promise<void> {
    const session = await this.#connect();
    try {
      await session.patiently(() => inspect(session));
      await session.patiently(() => session.all('PRAGMA journal_mode = WAL'));
      await session.run(`PRAGMA synchronous = ${this.#setup.synchronous}`);
      await session.transaction(async () => {
        await grow(session, layout);
        await this.#readLayout(session);
        ({ revision: this.#seen, epoch: this.#epoch } = await newestCommit(session));
      });
    } catch (error) {
      await session.close();
      this.#state = 'closed';
      throw sqliteError(error);
    }
    this.#session = session;
  }

  async #connect(): Promise<Session> {
    try {
      const session = new Session(await this.#setup.database(), this.#setup);
      // Waiting is done outside of the driver, where it does not stop the event loop.
      await session.all('PRAGMA busy_timeout = 0');
      return session;
    } catch (error) {
      throw sqliteError(error);
    }
  }

  async #readLayout(session: Session): Promise<void> {
    const layout = await storedLayout(session);
    this.#tables = new Map(
      Object.entries(layout).map(([name, { indexes }]) => [name, new Table(name, indexes)]),
    );
  }

  async #shutDown(): Promise<void> {
    this.#state = 'closed';
    this.#cancelPoll();
    await this.#turn;
    // Some drivers leave this undone; then all that was written would stand in the log beside the file.
    await this.#session?.all('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined);
    await this.#session?.close();
  }

  /** A call, so that the compiler does not take the state of before an `await` for that after it. */
  #is(state: 'open' | 'closed'): boolean {
    return this.#state === state;
  }

  #table(name: string): Table {
    const table = this.#declared.has(name) ? this.#tables.get(name) : undefined;
    if (table === undefined) throw noSuchTable(name);
    return table;
  }

  /** One after the other: reads beside a transaction would see what is not committed. */
  #inTurn<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#state !== 'open') return Promise.reject(notOpen());
    const turn = this.#turn.then(async () => {
      if (this.#session === undefined) throw notOpen();
      try {
        return await work(this.#session);
      } catch (error) {
        throw isTableGone(error) ? this.#closedOutside(removed) : sqliteError(error);
      }
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** The number of the commit; throws `storage-conflict`, and has changed nothing then. `writing` runs inside of it. */
  async #commit(
    session: Session,
    writing: readonly StorageWrite[] | (() => Promise<readonly StorageWrite[]>),
    reads: readonly RowRevision[] = [],
  ): Promise<number> {
    const foreign: RowRef[] = [];
    try {
      this.#seen = await session.transaction(async () => {
        const newest = await newestCommit(session);
        if (newest.epoch !== this.#epoch) throw this.#closedOutside(removed);
        const revision = newest.revision + 1;
        foreign.push(...(await this.#follow(session, revision)));
        const writes = typeof writing === 'function' ? await writing() : writing;
        const moved = movedBy(writes);
        await this.#check(session, [...conditionsOf(writes), ...reads]);
        if (writes.length === 0) return newest.revision;
        for (const name of Object.keys(moved)) {
          const own = writes.filter(({ table }) => table === name);
          await this.#tables.get(name)!.write(session, own, revision);
        }
        await addCommit(session, newest, moved);
        return revision;
      });
      return this.#seen;
    } finally {
      if (foreign.length > 0) this.#signals.changed?.(foreign);
    }
  }

  /** Rows that others moved before revision `before`, in a transaction that is open. */
  async #follow(session: Session, before: number): Promise<RowRef[]> {
    const commits = await movedBetween(session, this.#seen, before);
    if (commits === 'unknown')
      throw this.#closedOutside('another connection wrote more than can be followed');
    if (commits === 'gone') throw this.#lostCommits();
    const moved = commits.flatMap(refsOf);
    if (moved.some(({ table }) => table === layoutMark.table)) await this.#readLayout(session);
    this.#seen = before - 1;
    return moved.filter(({ table }) => this.#declared.has(table));
  }

  async #check(session: Session, expected: readonly RowRevision[]): Promise<void> {
    const failing = new Set<RowRevision>();
    for (const name of new Set(expected.map(({ table }) => table))) {
      const rows = expected.filter(({ table }) => table === name);
      for (const row of await this.#tables.get(name)!.moved(session, rows)) failing.add(row);
    }
    if (failing.size > 0) throw conflictOn(expected.filter((row) => failing.has(row)));
  }

  /** What can be read; the rest goes to the quarantine table, as it is, and `lost` tells of it. */
  async #sound(session: Session, table: string, read: () => Promise<Reading>): Promise<StoredRow[]> {
    let reading = await session.patiently(read);
    if (reading.damaged.length === 0) return reading.rows;
    await this.#commit(session, async () => {
      // Somebody else may have written these rows since.
      reading = await read();
      return reading.damaged.flatMap((row) => [
        { table: quarantineTable, id: `${table}/${idOf(row)}`, value: String(row.value) },
        { table, id: idOf(row) },
      ]);
    });
    const places = reading.damaged.map((row) => `${table}/${idOf(row)}`);
    if (places.length > 0)
      this.#signals.lost?.({ reason: `unreadable: ${places.join(', ')}`, quarantined: places.length });
    return reading.rows;
  }

  #closedOutside(reason: string): SyncError {
    if (this.#is('open')) this.#signals.closed?.(reason);
    this.#state = 'closed';
    return new SyncError('storage-closed', reason, { hint: 'Open the store again.' });
  }

  #lostCommits(): SyncError {
    const reason = `the file ends before revision ${this.#seen}, which was durable`;
    if (!this.#toldOfLoss) this.#signals.lost?.({ reason, quarantined: 0 });
    this.#toldOfLoss = true;
    return new SyncError('storage-corrupt', reason, {
      hint: 'Export what is here, then open the store again.',
    });
  }

  /** Looks now and then whether another connection has committed. */
  #poll(): void {
    if (this.#setup.pollMs === 0) return;
    this.#cancelPoll = this.#setup.runtime.setTimer(this.#setup.pollMs, () => {
      this.#inTurn(async (session) => {
        const { revision, epoch } = await newestCommit(session);
        if (revision !== this.#seen || epoch !== this.#epoch) await this.#commit(session, []);
      })
        .catch(() => undefined)
        .finally(() => this.#is('open') && this.#poll());
    });
  }
}
