import type { Json, JsonObject } from './json.js';

/** Version vector: replica → counter of its newest operation contained. Absent means 0. */
export type VersionVector = Readonly<Record<string, number>>;

/** Hybrid logical clock reading as sortable text: `<time: 12 hex>-<counter: 4 hex>-<replica>`. */
export type Stamp = string;

/** What one change does to the value at its path. */
export type ChangeAction = 'set' | 'unset' | 'increment' | 'add' | 'remove' | 'merge';

/** One change to one place of a record. */
export interface FieldChange {
  /** JSON Pointer (RFC 6901); `''` is the whole record. */
  readonly path: string;
  readonly action: ChangeAction;
  /**
   * `set`: the new value. `increment`: the delta. `add` and `remove`: an array of members of a set.
   * `merge`: a JSON merge patch (RFC 7396). Absent for `unset`.
   */
  readonly value?: Json;
  /** The value the author saw. Absent together with `baseHash`: there was none. */
  readonly base?: Json;
  /** Content hash of the value the author saw, where the value itself is large and no rule needs it. */
  readonly baseHash?: string;
}

export type OperationKind = 'create' | 'update' | 'delete';

/** Membership of a transaction group: operations that share one fate. */
export interface TransactionMark {
  readonly id: string;
  /** How many operations the group has. */
  readonly size: number;
}

/** One intended change to one record, with an identity that never changes. */
export interface Operation {
  /** UUIDv7, minted once; the idempotency key. */
  readonly id: string;
  readonly entity: string;
  readonly entityId: string;
  readonly kind: OperationKind;
  readonly changes: readonly FieldChange[];
  /** The record's clock as the author saw it, with the author's own counter raised. */
  readonly clock: VersionVector;
  /** When the author meant it. Its suffix is the author's replica id. */
  readonly stamp: Stamp;
  readonly schemaVersion: number;
  /** Ids of operations that must be accepted before this one. */
  readonly dependsOn?: readonly string[];
  readonly transaction?: TransactionMark;
  /** Larger goes first among operations that are ready. Default 0. */
  readonly priority?: number;
  /** The operation this one carries on, after a conflict was decided or a dead letter was retried. */
  readonly replaces?: string;
  /** What its author already decided, when it carries on a contested operation. */
  readonly decisions?: readonly Decision[];
  readonly meta?: JsonObject;
}

/** The state of one thing of an entity, as the server knows it or as a replica predicts it. */
export interface SyncRecord {
  readonly entity: string;
  readonly id: string;
  /** A tombstone keeps the last data, so that an update can revive it. */
  readonly data: JsonObject;
  /** Given by the server to each accepted state: 1, 2, 3 …; 0 where the server holds none yet. */
  readonly version: number;
  readonly clock: VersionVector;
  /** Stamp of the newest operation contained. */
  readonly stamp: Stamp;
  /** Path → stamp of its last write. The longest prefix counts; `''` is the creation. Absent: all are `stamp`. */
  readonly stamps?: Readonly<Record<string, Stamp>>;
  readonly deleted?: true;
  /** For each path whose present value came out of a merge: how it was decided. */
  readonly decisions?: readonly Decision[];
}

/** One line of explanation: what `reconcile` did with one field, and why. No value is lost outside of one. */
export interface Decision {
  readonly path: string;
  readonly operationId: string;
  /** Author of the local side. */
  readonly replica: string;
  /** Author of the remote side's last write there. */
  readonly remoteReplica?: string;
  /** Absent values were absent; `''` with an absent side means that side had deleted the record. */
  readonly base?: Json;
  readonly local?: Json;
  readonly remote?: Json;
  readonly result?: Json;
  readonly winner: 'local' | 'remote' | 'both';
  /** Name of the strategy or field rule that decided. */
  readonly rule: string;
  /** One sentence for a person. */
  readonly why: string;
}

/** A field on which two sides disagree. Absent values are absent in the record. */
export interface FieldConflict {
  readonly path: string;
  readonly base?: Json;
  readonly local?: Json;
  readonly remote?: Json;
}
