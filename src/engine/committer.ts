import type { Json } from '../contracts/json.js';
import type {
  Derivation,
  RowRef,
  RowRevision,
  StorageAdapter,
  StorageWrite,
  StoredRow,
} from '../contracts/storage.js';
import { isSyncError, SyncError } from '../errors.js';
import type { Table } from './rows.js';

/** Reads and writes of one unit of work. Reads see the writes before them. */
export interface Transaction {
  get<R>(table: Table<R>, ids: readonly string[]): Promise<readonly (R | undefined)[]>;
  /** For `derived` see `StorageWrite`. */
  put<R>(table: Table<R>, id: string, value: R, derived?: Derivation): void;
  /** Writes a row that is known not to be there; it need not be read before. */
  insert<R>(table: Table<R>, id: string, value: R, derived?: Derivation): void;
  delete(table: string, id: string): void;
  /** All rows of a table, by id. */
  all<R>(table: Table<R>): Promise<ReadonlyMap<string, R>>;
}

/** May run again when another tab moved a row it read; it must have no effect outside its transaction. */
export type Work<T> = (transaction: Transaction) => Promise<T>;

/** A row as it stands after a commit; without `value` it is gone. */
export interface RowMove extends RowRef {
  readonly value?: Json;
}

interface Job {
  readonly work: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Reruns before a commit gives up; each one means that somebody else's commit went through. */
const rerunsMax = 100;

/** A row as it was read or is to be written, and the revision that the store is to have it at. */
type Version = Pick<StorageWrite, 'value'> & { readonly ifRevision: number };

/** What units of work make of a row: it was read, is written, or both. */
interface Row {
  readonly read: Version | undefined;
  write: (Version & StorageWrite) | undefined;
}

/** Rows of one table, by id. */
type Rows = Map<string, Row>;

const nothing: Version = { ifRevision: 0 };

/**
 * The only writer of a client's store. Units of work that are issued while a commit is under way, or in the same
 * turn, share the next commit; each promise settles when that commit is durable. A commit names the revisions of all
 * rows it read; when another tab moved one, the work runs again on what is there now.
 */
export class Committer {
  readonly #storage: StorageAdapter;
  readonly #moved: (moves: readonly RowMove[]) => void;
  #jobs: Job[] = [];
  #turns: (() => Promise<void>)[] = [];
  #draining: Promise<void> | undefined;
  /** Rows that somebody else moved, and that were not read since. */
  #stale: RowRef[] = [];

  constructor(storage: StorageAdapter, moved: (moves: readonly RowMove[]) => void) {
    this.#storage = storage;
    this.#moved = moved;
  }

  run<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#start();
    });
  }

  /** Does something between two commits: what it reads from the storage is neither older nor newer than what was told. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#turns.push(() => work().then(resolve, reject));
      this.#start();
    });
  }

  /** Reads rows that somebody else moved, between the commits of this tab, and tells of them. */
  refresh(rows: readonly RowRef[]): Promise<void> {
    this.#stale.push(...rows);
    return this.run(async () => undefined);
  }

  /** Resolves when all work issued so far has settled. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  #start(): void {
    this.#draining ??= Promise.resolve().then(() => this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#jobs.length + this.#turns.length > 0) {
      for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) await turn();
      const jobs = this.#jobs;
      this.#jobs = [];
      if (jobs.length > 0) await this.#commit(jobs);
    }
    this.#draining = undefined;
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    for (let run = 0; ; run++) {
      const rows = new Map<string, Rows>();
      const settle: (() => void)[] = [];
      let moves: readonly RowMove[];
      try {
        await this.#readStale();
        for (const job of jobs) settle.push(await this.#attempt(job, rows));
        moves = await this.#store(rows);
      } catch (error) {
        if (isSyncError(error, 'storage-conflict') && run < rerunsMax) continue;
        for (const job of jobs) job.reject(error);
        return;
      }
      for (const done of settle) done();
      if (moves.length > 0) this.#moved(moves);
      return;
    }
  }

  /** No commit of this tab is under way, so what is read here is not older than what was told before. */
  async #readStale(): Promise<void> {
    const ids = new Map<string, Set<string>>();
    for (const { table, id } of this.#stale) ids.set(table, (ids.get(table) ?? new Set()).add(id));
    this.#stale = [];
    const moves: RowMove[] = [];
    for (const [table, group] of ids) {
      const rows = await this.#storage.get(table, [...group]);
      [...group].forEach((id, at) => {
        const row = rows[at];
        moves.push(row === undefined ? { table, id } : { table, id, value: row.value });
      });
    }
    if (moves.length > 0) this.#moved(moves);
  }

  /** Runs one job over the rows of those before it; a job that throws leaves them as they were. */
  async #attempt(job: Job, rows: Map<string, Rows>): Promise<() => void> {
    const transaction = new Overlay(this.#storage, rows);
    try {
      const value = await job.work(transaction);
      transaction.keep();
      return () => job.resolve(value);
    } catch (error) {
      transaction.keepReads();
      if (isSyncError(error, 'storage-closed')) throw error;
      return () => job.reject(error);
    }
  }

  /** Answers with the rows that it wrote. */
  async #store(tables: ReadonlyMap<string, Rows>): Promise<readonly RowMove[]> {
    const writes: StorageWrite[] = [];
    const reads: RowRevision[] = [];
    for (const [table, rows] of tables) {
      for (const [id, { read, write }] of rows) {
        if (write !== undefined) writes.push(write);
        else if (read !== undefined) reads.push({ table, id, revision: read.ifRevision });
      }
    }
    if (writes.length > 0) await this.#storage.commit(writes, reads);
    return writes;
  }
}

class Overlay implements Transaction {
  readonly #storage: StorageAdapter;
  readonly #below: Map<string, Rows>;
  readonly #own = new Map<string, Rows>();

  constructor(storage: StorageAdapter, below: Map<string, Rows>) {
    this.#storage = storage;
    this.#below = below;
  }

  async get<R>(table: Table<R>, ids: readonly string[]): Promise<readonly (R | undefined)[]> {
    // Each once: a storage may write down what it finds damaged, and a row that is named twice it would write twice.
    const missing = [...new Set(ids.filter((id) => this.#find(table, id) === undefined))];
    if (missing.length > 0) {
      const own = this.#rows(table);
      const stored = await this.#storage.get(table, missing);
      missing.forEach((id, at) => own.set(id, asRead(stored[at])));
    }
    // Only this engine writes these tables; what it reads is what it wrote.
    return ids.map((id) => this.#find(table, id)?.value as R | undefined);
  }

  async all<R>(table: Table<R>): Promise<ReadonlyMap<string, R>> {
    const own = this.#rows(table);
    for (const row of await this.#storage.scan(table))
      if (this.#find(table, row.id) === undefined) own.set(row.id, asRead(row));
    const rows = new Map<string, R>();
    for (const layer of [this.#below.get(table) ?? [], own]) {
      for (const [id, row] of layer) {
        const value = versionOf(row)?.value;
        if (value === undefined) rows.delete(id);
        else rows.set(id, value as R);
      }
    }
    return rows;
  }

  put<R>(table: Table<R>, id: string, value: R, derived?: Derivation): void {
    this.#put(table, id, value as Json, this.#revision(table, id), derived);
  }

  insert<R>(table: Table<R>, id: string, value: R, derived?: Derivation): void {
    this.#put(table, id, value as Json, 0, derived);
  }

  delete(table: string, id: string): void {
    this.#write({ table, id, ifRevision: this.#revision(table, id) });
  }

  keep(): void {
    for (const [table, own] of this.#own) {
      const below = this.#below.get(table);
      if (below === undefined) this.#below.set(table, own);
      else for (const [id, row] of own) below.set(id, row);
    }
  }

  keepReads(): void {
    for (const own of this.#own.values()) {
      for (const [id, row] of own) {
        row.write = undefined;
        if (row.read === undefined) own.delete(id);
      }
    }
    this.keep();
  }

  #put(table: string, id: string, value: Json, ifRevision: number, derived: Derivation | undefined): void {
    this.#write(
      derived === undefined ? { table, id, value, ifRevision } : { table, id, value, ifRevision, derived },
    );
  }

  #write(write: Version & StorageWrite): void {
    const own = this.#rows(write.table);
    const row = own.get(write.id);
    if (row === undefined) own.set(write.id, { read: undefined, write });
    else row.write = write;
  }

  #find(table: string, id: string): Version | undefined {
    return versionOf(this.#own.get(table)?.get(id)) ?? versionOf(this.#below.get(table)?.get(id));
  }

  #revision(table: string, id: string): number {
    const known = this.#find(table, id);
    if (known === undefined) throw new SyncError('internal', `${table}/${id} is written before it was read`);
    return known.ifRevision;
  }

  #rows(table: string): Rows {
    let rows = this.#own.get(table);
    if (rows === undefined) this.#own.set(table, (rows = new Map<string, Row>()));
    return rows;
  }
}

function versionOf(row: Row | undefined): Version | undefined {
  return row?.write ?? row?.read;
}

function asRead(row: StoredRow | undefined): Row {
  const read = row === undefined ? nothing : { value: row.value, ifRevision: row.revision };
  return { read, write: undefined };
}
