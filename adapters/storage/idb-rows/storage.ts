import type {
  RowRevision,
  ScanOptions,
  StorageAdapter,
  StorageLayout,
  StorageSignals,
  StorageWrite,
  StoredRow,
} from 'syncline';
import { isSyncError, SyncError } from 'syncline';
import { Handle } from '../../shared/idb/handle.js';
import type { IdbSetup } from '../../shared/idb/options.js';
import {
  conditionsOf,
  conflictOn,
  movedBy,
  noSuchTable,
  quarantineTable,
  refsOf,
  type MovedRows,
} from '../../shared/rows.js';
import { addCommit, commitsSince, commitStore, type CommitRow } from './commits.js';
import { metaStore, openRows, type RowsDatabase } from './database.js';
import type { Damage, Reading, Table } from './table.js';

/** What a commit is about. */
interface Work {
  readonly writes: readonly StorageWrite[];
  readonly expected: readonly RowRevision[];
  readonly moved: MovedRows;
  readonly ticket: string;
}

export class IdbRowsStorage implements StorageAdapter {
  readonly #setup: IdbSetup;
  readonly #handle: Handle<RowsDatabase>;
  /** What the tickets of this adapter's commits begin with. */
  readonly #writer: string;
  #tickets = 0;
  readonly #committing = new Set<Promise<number>>();
  #layout: StorageLayout | undefined;
  #signals: StorageSignals = {};
  /** Newest commit that this adapter knows of, its own and others'. */
  #seen: number | undefined;

  constructor(setup: IdbSetup) {
    this.#setup = setup;
    this.#handle = new Handle(setup, async (events) => {
      const database = await openRows(setup, this.#layout ?? {}, events);
      this.#seen ??= database.newest;
      return database;
    });
    this.#writer = setup.runtime.uuid().slice(-8);
  }

  async open(layout: StorageLayout, signals: StorageSignals = {}): Promise<void> {
    if (this.#layout !== undefined) throw new SyncError('storage-closed', 'a storage is opened once');
    const reserved = [commitStore, metaStore].find((name) => Object.hasOwn(layout, name));
    if (reserved !== undefined) throw new SyncError('validation', `'${reserved}' is no name for a table`);
    this.#layout = { ...layout, [quarantineTable]: { indexes: {} } };
    this.#signals = signals;
    await this.#handle.open({
      rung: () => void this.#commit([], []).catch(() => undefined),
      lost: (reason) => signals.lost?.({ reason, quarantined: 0 }),
      closed: (reason) => signals.closed?.(reason),
    });
  }

  async get(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    const rows = await this.#read(table, (found, transaction) => found.get(transaction, ids));
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
  }

  scan(table: string, options: ScanOptions = {}): Promise<readonly StoredRow[]> {
    return this.#read(table, (found, transaction) => found.scan(transaction, options));
  }

  async commit(
    writes: readonly StorageWrite[],
    reads: readonly RowRevision[] = [],
  ): Promise<{ readonly revision: number }> {
    const committing = this.#commit(writes, reads);
    this.#committing.add(committing);
    try {
      return { revision: await committing };
    } finally {
      this.#committing.delete(committing);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
    await Promise.allSettled(this.#committing);
  }

  async destroy(): Promise<void> {
    await this.close();
    await this.#handle.destroy();
  }

  #table({ tables }: RowsDatabase, name: string): Table {
    const table = Object.hasOwn(this.#layout ?? {}, name) ? tables.get(name) : undefined;
    if (table === undefined) throw noSuchTable(name);
    return table;
  }

  /** What can be read; the rest goes to the quarantine table, as far as there is anything, and `lost` tells of it. */
  async #read(
    name: string,
    read: (table: Table, transaction: IDBTransaction) => Promise<Reading>,
  ): Promise<StoredRow[]> {
    for (;;) {
      const { rows, damaged } = await this.#handle.run('reading', (database) => {
        const table = this.#table(database, name);
        return database.connection.run([name], 'readonly', (transaction) => read(table, transaction));
      });
      if (damaged.length === 0 || (await this.#quarantine(name, damaged))) return rows;
    }
  }

  /** False where one of the rows was written since it was read: it has a revision that can be read again. */
  async #quarantine(table: string, damaged: readonly Damage[]): Promise<boolean> {
    const kept = damaged.filter(({ text }) => text !== undefined);
    try {
      await this.#commit(
        [
          ...kept.map(({ id, text }) => ({ table: quarantineTable, id: `${table}/${id}`, value: text! })),
          ...damaged.map(({ id }) => ({ table, id, ifRevision: 0 })),
        ],
        [],
      );
    } catch (error) {
      if (isSyncError(error, 'storage-conflict')) return false;
      throw error;
    }
    const places = damaged.map(({ id }) => `${table}/${id}`);
    this.#signals.lost?.({ reason: `unreadable: ${places.join(', ')}`, quarantined: kept.length });
    return true;
  }

  async #commit(writes: readonly StorageWrite[], reads: readonly RowRevision[]): Promise<number> {
    const work: Work = {
      writes,
      expected: [...conditionsOf(writes), ...reads],
      moved: movedBy(writes),
      ticket: `${this.#writer}.${this.#tickets++}`,
    };
    return this.#handle.run('writing', async (database, again) => {
      for (const { table } of [...writes, ...reads]) this.#table(database, table);
      const names = new Set([commitStore, ...[...writes, ...reads].map(({ table }) => table)]);
      const { commits, failing, revision } = await database.connection.run(
        [...names],
        writes.length > 0 ? 'readwrite' : 'readonly',
        (transaction) => this.#attempt(database, transaction, work, again),
        this.#setup.durability,
      );
      if (typeof commits === 'string') throw this.#cutOff(commits);
      this.#tell(commits, revision);
      if (failing.length > 0) throw conflictOn(failing);
      if (writes.length > 0) this.#handle.ring();
      return revision;
    });
  }

  /** One transaction. Where conditions fail, or the commit is there already, it writes nothing. */
  async #attempt(database: RowsDatabase, transaction: IDBTransaction, work: Work, again: boolean) {
    const { writes, expected, ticket } = work;
    const commits = await commitsSince(transaction, this.#seen ?? 0);
    if (typeof commits === 'string') return { commits, failing: [], revision: 0 };
    const own = again ? commits.find((commit) => commit.ticket === ticket) : undefined;
    if (own !== undefined) return { commits, failing: [], revision: own.revision };
    const last = commits.at(-1);
    const failing = await this.#failing(database, transaction, expected);
    if (failing.length > 0 || writes.length === 0) return { commits, failing, revision: last?.revision ?? 0 };
    const revision = await this.#write(database, transaction, work, last);
    transaction.commit();
    return { commits, failing, revision };
  }

  async #failing(
    { tables }: RowsDatabase,
    transaction: IDBTransaction,
    expected: readonly RowRevision[],
  ): Promise<RowRevision[]> {
    const revisions = await Promise.all(
      expected.map(({ table, id }) => tables.get(table)!.revision(transaction, id)),
    );
    return expected.filter(({ revision }, at) => revisions[at] !== revision);
  }

  async #write(
    { tables }: RowsDatabase,
    transaction: IDBTransaction,
    { writes, moved, ticket }: Work,
    last: CommitRow | undefined,
  ): Promise<number> {
    const revision = (last?.revision ?? 0) + 1;
    try {
      for (const { table, id, value } of writes) {
        if (value === undefined) tables.get(table)!.delete(transaction, id);
        else tables.get(table)!.put(transaction, { id, revision, value });
      }
    } catch (error) {
      transaction.abort();
      throw error;
    }
    await addCommit(transaction, last, ticket, moved);
    return revision;
  }

  /** Says which rows others moved, and remembers that it was said. */
  #tell(commits: readonly CommitRow[], upTo: number): void {
    const seen = this.#seen ?? 0;
    const foreign = commits.filter(
      ({ revision, ticket }) => revision > seen && !ticket.startsWith(`${this.#writer}.`),
    );
    this.#seen = Math.max(seen, upTo);
    const moved = foreign
      .flatMap((commit) => refsOf(commit.moved))
      .filter(({ table }) => Object.hasOwn(this.#layout ?? {}, table));
    if (moved.length > 0) this.#signals.changed?.(moved);
  }

  #cutOff(how: 'unknown' | 'gone'): SyncError {
    const reason =
      how === 'gone'
        ? `the database ends before revision ${this.#seen}, which was durable`
        : 'another tab wrote more than can be followed';
    this.#handle.yield(reason);
    return new SyncError('storage-closed', reason, { hint: 'Open the store again.' });
  }
}
