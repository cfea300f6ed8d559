import type { Subject } from 'rxjs';
import type { EntityDefinition } from '../contracts/entity.js';
import type { OutboxOptions } from '../contracts/queue.js';
import type { Runtime } from '../contracts/runtime.js';
import type { StorageAdapter } from '../contracts/storage.js';
import type { TransportAdapter } from '../contracts/transport.js';
import type { Committer } from './committer.js';
import type { ClientEvent } from './events.js';
import type { RowFeed } from './feed.js';
import type { OutboxMirror } from './mirror.js';
import type { ReceiptDesk } from './receipts.js';

/** What the parts of one client share. */
export interface Context {
  readonly entities: ReadonlyMap<string, EntityDefinition>;
  readonly storage: StorageAdapter;
  readonly transport: TransportAdapter;
  readonly runtime: Runtime;
  readonly committer: Committer;
  readonly mirror: OutboxMirror;
  readonly feed: RowFeed;
  readonly desk: ReceiptDesk;
  readonly outbox: OutboxOptions;
  readonly space: string | undefined;
  /** Changes per pulled page. */
  readonly pageLimit: number;
  emit(event: ClientEvent): void;
  /** Tells of a failure that nobody waits for. */
  readonly report: (error: unknown) => void;
  /** Says that the client is closed, which completes whatever is watched. */
  readonly closed$: Subject<void>;
}

export const outboxDefaults: OutboxOptions = {
  batchCount: 500,
  // 1 MiB is what a server takes by default; the rest is for the envelope.
  batchBytes: 960 * 1024,
  capacity: 100_000,
  attemptsMax: 3,
  roundsMax: 10,
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
  compact: true,
};

export const pageLimitDefault = 1_000;

/** Entries of `history`: what can be sent again after the server was restored from a backup. */
export const historyMax = 100;
