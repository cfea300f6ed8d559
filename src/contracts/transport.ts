import type { SyncErrorData } from './errors.js';
import type { Json, JsonObject } from './json.js';
import type { Decision, FieldConflict, Operation, Stamp, SyncRecord, VersionVector } from './operation.js';

/** On every answer. */
export interface AnswerEnvelope {
  /** Server's wall-clock time, ms. */
  readonly serverTime: number;
  /** Changes when the server was restored from a backup or replaced. */
  readonly epoch: string;
}

export interface PushRequest {
  readonly replica: string;
  readonly space?: string;
  /** How far the sender has pulled. */
  readonly cursor?: string;
  readonly operations: readonly Operation[];
}

/** What the server says to one operation. */
export type OperationResult =
  | {
      readonly id: string;
      readonly status: 'accepted';
      readonly outcome: 'applied' | 'merged' | 'superseded' | 'duplicate';
      /** State after it. Absent where it is just the operation written over the state its author saw. */
      readonly record?: SyncRecord;
      readonly version: number;
      readonly decisions?: readonly Decision[];
    }
  | {
      readonly id: string;
      readonly status: 'conflict';
      readonly conflictId?: string;
      readonly record: SyncRecord;
      readonly fields: readonly FieldConflict[];
    }
  | {
      readonly id: string;
      readonly status: 'rejected';
      readonly code: string;
      readonly message: string;
      readonly details?: JsonObject;
    }
  | { readonly id: string; readonly status: 'retry'; readonly code: string; readonly afterMs?: number }
  /** Not looked at, because of another operation; sent again later. */
  | { readonly id: string; readonly status: 'blocked'; readonly by: string };

export interface PushAnswer extends AnswerEnvelope {
  readonly results: readonly OperationResult[];
  /**
   * Takes the place of the request's cursor: nothing lies between the two but what this push did. Absent: pull as usual.
   */
  readonly cursor?: string;
}

export interface PullRequest {
  readonly replica: string;
  readonly space?: string;
  /** Opaque: "I have everything up to here". Absent: from the start. */
  readonly cursor?: string;
  readonly entities?: readonly string[];
  readonly limit: number;
}

/** One change of a pulled page. */
export type RecordChange =
  | { readonly kind: 'put'; readonly record: SyncRecord }
  | {
      readonly kind: 'patch';
      readonly entity: string;
      readonly id: string;
      readonly version: number;
      readonly clock: VersionVector;
      readonly stamp: Stamp;
      readonly set: readonly { readonly path: string; readonly value: Json }[];
      readonly unset: readonly string[];
      readonly stamps?: Readonly<Record<string, Stamp>>;
      readonly decisions?: readonly Decision[];
    }
  | {
      readonly kind: 'delete';
      readonly entity: string;
      readonly id: string;
      readonly version: number;
      readonly clock: VersionVector;
      readonly stamp: Stamp;
    }
  /** No longer in scope: forget it. Not a delete. */
  | { readonly kind: 'remove'; readonly entity: string; readonly id: string };

export interface PullAnswer extends AnswerEnvelope {
  readonly changes: readonly RecordChange[];
  readonly cursor: string;
  /** What is left after this page: nothing, a known number of changes, or some. */
  readonly more: false | number | 'unknown';
  /** The cursor is of no use any more; this page is the first of a pull from the start. */
  readonly reset?: true;
}

export interface CallOptions {
  readonly signal: AbortSignal;
}

/**
 * Carries the protocol to a server. Any subset may be offered; what is absent is done without.
 *
 * A call that got no answer rejects with a retryable `SyncError` (`network`, `timeout`); a refusal of the whole
 * request rejects with the code the server gave. An answer may belong to a request that was delivered twice.
 * A call whose `signal` aborts rejects at once, and whatever arrives for it later is dropped. Several calls may be under
 * way; each gets its own answer, in whatever order they come. No call waits for ever.
 */
export interface TransportAdapter {
  push?(request: PushRequest, options: CallOptions): Promise<PushAnswer>;
  pull?(request: PullRequest, options: CallOptions): Promise<PullAnswer>;
  /** Whether the server answers. Never rejects. */
  probe?(options: CallOptions): Promise<boolean>;
  /** Asks for fresh credentials after `unauthenticated`, before the next call. */
  refreshAuth?(options: CallOptions): Promise<boolean>;
  close?(): void;
}

/** A refusal of a whole request, as data. */
export interface WireRefusal extends Partial<AnswerEnvelope> {
  readonly error: SyncErrorData & { readonly retryAfterMs?: number };
}
