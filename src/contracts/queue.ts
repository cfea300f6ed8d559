import type { SyncErrorData } from './errors.js';
import type { FieldConflict, Operation } from './operation.js';

/**
 * Where an operation of the outbox stands.
 *
 * `pending`: waiting its turn. `accepted`: the server has it; it stays in the view until the pull has caught up.
 * `contested`: the server holds a newer state; decided as soon as that state is here. `conflict`: a person must
 * decide. `dead`: refused, kept until somebody disposes of it.
 */
export type OutboxState = 'pending' | 'accepted' | 'contested' | 'conflict' | 'dead';

/** One row of the outbox. */
export interface OutboxEntry {
  readonly operation: Operation;
  readonly state: OutboxState;
  /** Place in the replica's order of writing. */
  readonly order: number;
  /** Wall-clock time of the write, ms; shown, never compared. */
  readonly enqueuedAt: number;
  /** Transient refusals of this operation itself. Being offline never counts. */
  readonly attempts: number;
  readonly lastAttemptAt?: number;
  /** Ids of operations that were compacted into this one before it was ever sent. */
  readonly absorbed?: readonly string[];
  /** For `dead`: why. For `pending` after a refusal: the last reason. */
  readonly error?: SyncErrorData;
  /** For `accepted` and `contested`: the record version that must be pulled first. */
  readonly awaitsVersion?: number;
  /** For `conflict`: what disagrees. */
  readonly conflict?: {
    readonly fields: readonly FieldConflict[];
    readonly remoteVersion: number;
    readonly since: number;
  };
  /** How often a decided conflict was sent again. */
  readonly rounds?: number;
}

/** Sizes and delays of the outbox, each with its default. */
export interface OutboxOptions {
  /** Operations per batch. Default 500. */
  readonly batchCount: number;
  /** Bytes of JSON per batch. Default 1 MiB less headroom. */
  readonly batchBytes: number;
  /** Operations that may wait. A write past it is refused with code `limit`. Default 100,000. */
  readonly capacity: number;
  /** Transient refusals of one operation before it is a dead letter. Default 3. */
  readonly attemptsMax: number;
  /** Rounds of decide-and-send-again before a conflict goes to a person. Default 10. */
  readonly roundsMax: number;
  /** First backoff delay. Default 500. */
  readonly backoffBaseMs: number;
  /** Longest backoff delay. Default 30,000. */
  readonly backoffCapMs: number;
  /** Whether operations that were never sent are compacted with their neighbour. Default true. */
  readonly compact: boolean;
}
