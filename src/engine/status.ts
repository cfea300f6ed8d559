import type { SyncErrorData } from '../contracts/errors.js';
import { defined } from '../diff/shape.js';
import type { OutboxMirror } from './mirror.js';

export type SyncState =
  'synced' | 'syncing' | 'pending' | 'offline' | 'paused' | 'stalled' | 'conflicts' | 'error';
export type PauseReason = 'auth' | 'user';

/** How the client stands, derived from facts. `synced` is never said while anything is unsent. */
export interface SyncStatus {
  readonly state: SyncState;
  /** For `paused`. */
  readonly reason?: PauseReason;
  readonly online: boolean;
  /** Whether this tab sends; other tabs of the same store write, and watch. */
  readonly leader: boolean;
  /** Operations the server has not accepted. */
  readonly pending: number;
  readonly conflicts: number;
  readonly deadLetters: number;
  /** Wall-clock time, ms, of the oldest write that still waits. */
  readonly oldestPendingAt?: number;
  /** Wall-clock time, ms, at which all was sent and pulled. */
  readonly syncedAt?: number;
  readonly lastError?: SyncErrorData;
}

/** What the status is derived from. */
export interface Facts {
  readonly online: boolean;
  readonly leader: boolean;
  readonly busy: boolean;
  readonly paused: PauseReason | undefined;
  /** Of the last attempt; undefined after a success. */
  readonly lastError: SyncErrorData | undefined;
  readonly syncedAt: number | undefined;
  /** Wall-clock time of the last answer of any kind, ms. */
  readonly answeredAt: number | undefined;
  readonly now: number;
}

/** A write that waits for longer while answers come in is a reason to look. */
const stalledAfterMs = 60_000;

export function deriveStatus(mirror: OutboxMirror, facts: Facts): SyncStatus {
  const { online, leader, busy, paused: reason, lastError, syncedAt, answeredAt, now } = facts;
  const { counts, oldestPendingAt } = mirror;
  const pending = counts.pending + counts.contested;
  const conflicts = counts.conflict;

  const stateOf = (): SyncState => {
    if (reason !== undefined) return 'paused';
    if (!online || lastError?.code === 'network' || lastError?.code === 'timeout') return 'offline';
    if (lastError !== undefined) return 'error';
    const isWaiting =
      oldestPendingAt !== undefined && answeredAt !== undefined && answeredAt > oldestPendingAt;
    // What waits behind a conflict is not stuck: a person keeps it waiting.
    if (isWaiting && now - oldestPendingAt > stalledAfterMs && conflicts === 0) return 'stalled';
    if (busy) return 'syncing';
    if (conflicts > 0) return 'conflicts';
    return pending > 0 || syncedAt === undefined ? 'pending' : 'synced';
  };
  return {
    state: stateOf(),
    online,
    leader,
    pending,
    conflicts,
    deadLetters: counts.dead,
    ...defined({ reason, oldestPendingAt, syncedAt, lastError }),
  };
}
