import type { Decision } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import type { SyncError } from '../errors.js';

/** What a client tells on `events$`. */
export type ClientEvent =
  | {
      readonly kind: 'pushed';
      readonly accepted: number;
      readonly refused: number;
      readonly conflicts: number;
    }
  | { readonly kind: 'pulled'; readonly changes: number; readonly reset: boolean }
  /** Values met, and a rule decided. */
  | {
      readonly kind: 'merged';
      readonly entity: string;
      readonly entityId: string;
      readonly decisions: readonly Decision[];
    }
  /** A person must decide: see `client.conflicts`. */
  | { readonly kind: 'conflict'; readonly entry: OutboxEntry }
  /** Refused for good, and kept: see `client.outbox`. */
  | { readonly kind: 'dead-letter'; readonly entry: OutboxEntry }
  /** The platform lost what was stored here. The server's data is pulled again; writes it never got may be gone. */
  | { readonly kind: 'storage-lost'; readonly reason: string; readonly quarantined: number }
  /** This store was a copy of another one; it goes on under an identity of its own. */
  | { readonly kind: 'identity-changed'; readonly replica: string }
  /** The server was restored or replaced; what it acknowledged lately is sent again. */
  | { readonly kind: 'epoch-changed'; readonly epoch: string; readonly resent: number }
  | { readonly kind: 'error'; readonly error: SyncError };
