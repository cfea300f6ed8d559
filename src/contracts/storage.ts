import type { Json } from './json.js';

/** Tables and their indexes: index name → JSON Pointer into the row's value. */
export type StorageLayout = Readonly<Record<string, { readonly indexes: Readonly<Record<string, string>> }>>;

/** A row as it is read. `value` must not be changed by the reader. */
export interface StoredRow {
  readonly id: string;
  /** Number of the commit that wrote it; grows, and is never used twice in one store. */
  readonly revision: number;
  readonly value: Json;
}

/** One row to write. Without `value` the row is deleted. */
export interface StorageWrite {
  readonly table: string;
  readonly id: string;
  readonly value?: Json;
  /** The commit fails unless the row has this revision now; 0 means there is no such row. */
  readonly ifRevision?: number;
  /**
   * The row follows from a few values: a storage may keep those alone, or not care. One that changes values before it
   * hands them on must leave this out.
   */
  readonly derived?: Derivation;
}

/** How a row follows from the values `from`. Rows that have these values, or their template, in common share the object. */
export interface Derivation {
  readonly from: readonly Json[];
  readonly by: RowTemplate;
}

/**
 * A row by places in its values: a text that begins with `/` is a JSON Pointer, and stands for what is there. All else
 * stands for itself.
 */
export interface RowTemplate {
  readonly id: string;
  readonly value: Json;
}

/** A row as a commit has read it; revision 0: there was none. */
export interface RowRevision extends RowRef {
  readonly revision: number;
}

/** Bounds of an index scan; a bound that is absent is open, and none is within one that is `NaN`. */
export interface ScanRange {
  readonly lower?: number | string;
  readonly upper?: number | string;
  readonly lowerOpen?: boolean;
  readonly upperOpen?: boolean;
}

export interface ScanOptions {
  /** Default: by row id. */
  readonly index?: string;
  readonly range?: ScanRange;
  readonly limit?: number;
  readonly reverse?: boolean;
}

export interface RowRef {
  readonly table: string;
  readonly id: string;
}

/** What a storage tells its user unasked. */
export interface StorageSignals {
  /** Another tab or process moved these rows; reads that start now see them. */
  changed?(rows: readonly RowRef[]): void;
  /** The platform lost or damaged data that was here before. What could be saved has been. */
  lost?(loss: { readonly reason: string; readonly quarantined: number }): void;
  /** Another tab needs the database (an upgrade); this handle is closed. */
  closed?(reason: string): void;
}

/**
 * Durable home of records and of operations not yet acknowledged: named tables of JSON rows.
 *
 * Commits are strictly serializable (https://jepsen.io/consistency/models/strict-serializable) among themselves, in
 * every tab and process. Reads on the adapter that committed see it at once; reads on another adapter over the same
 * store see it no later than its `changed` signal or its own next commit, and always as a prefix of the commits.
 *
 * Order in an index: numbers before strings; strings by UTF-16 code unit; equal keys by row id. A row whose indexed
 * value is absent, or is neither number nor string, is not in that index. Every promise settles, with a `SyncError`
 * where it fails: `storage-quota`, `storage-closed`, `storage-blocked`, `storage-corrupt`.
 */
export interface StorageAdapter {
  /** Opens, or grows, the store. New tables and indexes bring the rows that are there along. Call it once. */
  open(layout: StorageLayout, signals?: StorageSignals): Promise<void>;
  /** Rows in the order of `ids`; `undefined` where there is none. */
  get(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]>;
  scan(table: string, options?: ScanOptions): Promise<readonly StoredRow[]>;
  /**
   * All of the writes or none, across tables; durable when it resolves. Resolves with the revision that the written
   * rows carry. Rejects with code `storage-conflict` and `details.rows` where an `ifRevision` does not hold, or one of
   * `reads` has another revision by now, and changes nothing then. Two writes to one row in one commit are a caller's mistake (`validation`).
   */
  commit(
    writes: readonly StorageWrite[],
    reads?: readonly RowRevision[],
  ): Promise<{ readonly revision: number }>;
  /** Idempotent; commits that were issued before it settle first. */
  close(): Promise<void>;
  /** Closes, and removes all that was stored. */
  destroy(): Promise<void>;
}
