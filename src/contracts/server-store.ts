import type { Operation, SyncRecord } from './operation.js';
import type { OperationResult } from './transport.js';

/** A record as the server keeps it. */
export interface ServerRecord extends SyncRecord {
  /** Place of its last change in the space's total order. */
  readonly seq: number;
  /** Path → seq of its last change, so that a patch needs no log. The longest prefix counts; `''` is the creation. */
  readonly fieldSeqs: Readonly<Record<string, number>>;
}

export interface RecordKey {
  readonly entity: string;
  readonly id: string;
}

/** What the server once said to an operation; kept so that it never says something else. */
export interface StoredOutcome {
  readonly operation: Operation;
  /** Never `retry` or `blocked`: those are not final. */
  readonly result: OperationResult;
  /** Server's wall-clock time, ms. */
  readonly at: number;
}

/** An outcome with its place in the history. */
export interface RecordedOutcome extends StoredOutcome {
  /** Place in the order of recording: 1, 2, 3 … */
  readonly index: number;
  /** Newest seq of the space once it was recorded. */
  readonly seq: number;
}

/** What a unit of work on one space may do. Its effects are there all at once, or not at all. */
export interface StoreTransaction {
  /** In the order of `keys`; `undefined` where there is none. */
  load(keys: readonly RecordKey[]): Promise<readonly (ServerRecord | undefined)[]>;
  /** The next place in the space's total order; one for all records of this transaction. */
  seq(): Promise<number>;
  save(records: readonly ServerRecord[]): Promise<void>;
  findOutcomes(operationIds: readonly string[]): Promise<ReadonlyMap<string, StoredOutcome>>;
  recordOutcomes(outcomes: readonly StoredOutcome[]): Promise<void>;
}

export interface ChangesQuery {
  /** Exclusive. */
  readonly after: number;
  readonly entities?: readonly string[];
  readonly limit: number;
}

export interface OutcomesQuery {
  /** Index in the order of recording, exclusive; 0 from the start. */
  readonly after: number;
  readonly limit: number;
  /** Only these. */
  readonly status?: OperationResult['status'];
}

/**
 * Home of the server's truth, space by space.
 *
 * `transact` serialises the writers of one space; what `work` saved is durable when it resolves, and nothing of it is
 * when it rejects. `seq` is handed out in commit order: once a reader saw seq n, no change with a seq ≤ n appears.
 */
export interface ServerStore {
  /** Identity of this copy of the data, made at creation. `renewEpoch` is called after a restore from a backup. */
  epoch(): Promise<string>;
  transact<T>(space: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T>;
  /**
   * Records with `seq > after`, ordered by seq, deletes included. Records that share a seq are never split: the
   * answer may exceed `limit` by the rest of the last seq. `remaining` counts what is left after these.
   */
  changesSince(
    space: string,
    query: ChangesQuery,
  ): Promise<{ readonly records: readonly ServerRecord[]; readonly remaining: number }>;
  /** Drops tombstones whose seq is ≤ `seq` and outcomes older than `outcomesBefore` (ms); remembers the horizon. */
  compact(space: string, before: { readonly seq: number; readonly outcomesBefore: number }): Promise<void>;
  /** Newest seq, and the horizon: cursors below it must start over. */
  bounds(space: string): Promise<{ readonly head: number; readonly horizon: number }>;
  /** All outcomes of a space in the order they were recorded: the audit trail. */
  outcomes(space: string, query: OutcomesQuery): Promise<readonly RecordedOutcome[]>;
  close(): Promise<void>;
}
