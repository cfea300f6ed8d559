import type { Json } from '../contracts/json.js';
import type { Derivation, RowRef, RowRevision, StorageAdapter, StorageWrite } from '../contracts/storage.js';
import { isSyncError, SyncError } from '../errors.js';
import type { Table } from './rows.js';

/** Reads and writes of one unit of work. Reads see the writes before them. */
export interface Transaction {
  get<R>(table: Table<R>, ids: readonly string[]): Promise<readonly (R | undefined)[]>;
  /** For `derived` see `StorageWrite`. */
  put<R>(table: Table<R>, id: string, value: R, derived?: Derivation): void;
  /** Writes a row that is known not to be there; it need not be read before. */
  insert<R>(table: Table<R>, id: string, value: R): void;
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

interface Row {
  readonly value: Json | undefined;
  /** Revision in the store. */
  readonly revision: number;
  readonly written: boolean;
  readonly derived: Derivation | undefined;
}

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
      const rows = new Map<string, Map<string, Row>>();
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
  async #attempt(job: Job, rows: Map<string, Map<string, Row>>): Promise<() => void> {
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

  async #store(rows: ReadonlyMap<string, ReadonlyMap<string, Row>>): Promise<RowMove[]> {
    const writes: StorageWrite[] = [];
    const reads: RowRevision[] = [];
    const moves: RowMove[] = [];
    for (const [table, byId] of rows) {
      for (const [id, { value, revision, written, derived }] of byId) {
        if (!written) {
          reads.push({ table, id, revision });
          continue;
        }
        const change = value === undefined ? { table, id } : { table, id, value };
        moves.push(change);
        const origin = derived === undefined ? undefined : { derived };
        writes.push({ ...change, ifRevision: revision, ...origin });
      }
    }
    if (writes.length > 0) await this.#storage.commit(writes, reads);
    return moves;
  }
}

class Overlay implements Transaction {
  readonly #storage: StorageAdapter;
  readonly #below: Map<string, Map<string, Row>>;
  readonly #own = new Map<string, Map<string, Row>>();

  constructor(storage: StorageAdapter, below: Map<string, Map<string, Row>>) {
    this.#storage = storage;
    this.#below = below;
  }

  async get<R>(table: Table<R>, ids: readonly string[]): Promise<readonly (R | undefined)[]> {
    const missing = ids.filter((id) => this.#find(table, id) === undefined);
    if (missing.length > 0) {
      const stored = await this.#storage.get(table, missing);
      missing.forEach((id, at) => {
        const row = stored[at];
        this.#remember(table, id, readRow(row));
      });
    }
    // Only this engine writes these tables; what it reads is what it wrote.
    return ids.map((id) => this.#find(table, id)?.value as R | undefined);
  }

  async all<R>(table: Table<R>): Promise<ReadonlyMap<string, R>> {
    for (const { id, value, revision } of await this.#storage.scan(table)) {
      if (this.#find(table, id) === undefined) this.#remember(table, id, readRow({ value, revision }));
    }
    const rows = new Map<string, R>();
    for (const layer of [this.#below.get(table), this.#own.get(table)]) {
      for (const [id, { value }] of layer ?? []) {
        if (value === undefined) rows.delete(id);
        else rows.set(id, value as R);
      }
    }
    return rows;
  }

  put<R>(table: Table<R>, id: string, value: R, derived?: Derivation): void {
    this.#write(table, id, value as Json, derived);
  }

  insert<R>(table: Table<R>, id: string, value: R): void {
    this.#remember(table, id, { value: value as Json, revision: 0, written: true, derived: undefined });
  }

  delete(table: string, id: string): void {
    this.#write(table, id, undefined);
  }

  keep(): void {
    for (const [table, byId] of this.#own) {
      const below = this.#below.get(table);
      if (below === undefined) this.#below.set(table, byId);
      else for (const [id, row] of byId) below.set(id, row);
    }
  }

  keepReads(): void {
    for (const byId of this.#own.values()) {
      for (const [id, row] of byId) if (row.written) byId.delete(id);
    }
    this.keep();
  }

  #write(table: string, id: string, value: Json | undefined, derived?: Derivation): void {
    const known = this.#find(table, id);
    if (known === undefined) throw new SyncError('internal', `${table}/${id} is written before it was read`);
    this.#remember(table, id, { value, revision: known.revision, written: true, derived });
  }

  #find(table: string, id: string): Row | undefined {
    return this.#own.get(table)?.get(id) ?? this.#below.get(table)?.get(id);
  }

  #remember(table: string, id: string, row: Row): void {
    tableOf(this.#own, table).set(id, row);
  }
}

function readRow(row: Pick<Row, 'value' | 'revision'> | undefined): Row {
  return { value: row?.value, revision: row?.revision ?? 0, written: false, derived: undefined };
}

function tableOf(rows: Map<string, Map<string, Row>>, table: string): Map<string, Row> {
  let byId = rows.get(table);
  if (byId === undefined) rows.set(table, (byId = new Map<string, Row>()));
  return byId;
}
