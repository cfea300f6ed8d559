import type { EntityDefinition } from '../contracts/entity.js';
import type { Operation, SyncRecord } from '../contracts/operation.js';
import type { Runtime } from '../contracts/runtime.js';
import type { ServerBus } from '../contracts/server-bus.js';
import type { ServerStore } from '../contracts/server-store.js';
import type { Limits } from '../protocol/limits.js';

/** Who is asking. `authenticate` may add what `authorize` needs: roles, a tenant, a name. */
export interface Identity {
  readonly id: string;
  /** The space this identity lives in. Default `default`. */
  readonly space?: string;
}

/** A question to `authorize`: may this identity do this to that record? */
export interface AccessRequest<I extends Identity = Identity> {
  readonly identity: I;
  readonly space: string;
  readonly action: 'read' | 'write';
  readonly entity: string;
  readonly entityId: string;
  /** The record as the server holds it. Absent where there is none yet. */
  readonly record?: SyncRecord;
  /** The write that is asked for. */
  readonly operation?: Operation;
}

export interface SyncServerOptions<I extends Identity = Identity> {
  readonly entities: readonly EntityDefinition<object>[];
  readonly store: ServerStore;
  /** Who sent an HTTP request; `null`: nobody known. Without it nobody is known. */
  readonly authenticate?: (request: Request) => I | null | Promise<I | null>;
  /** Asked for each record read and each operation written. Without it everything is refused. */
  readonly authorize?: (access: AccessRequest<I>) => boolean | Promise<boolean>;
  /** The space of a request; `undefined` refuses it. Default: the identity's own, and no other. */
  readonly space?: (identity: I, requested: string | undefined) => string | undefined;
  /** Is told of each transaction that moved a space. */
  readonly bus?: Pick<ServerBus, 'publish'>;
  readonly limits?: Partial<Limits>;
  /** `compare`: clocks are compared and every disagreement is left to the clients. Default `refuse`. */
  readonly unknownEntities?: 'refuse' | 'compare';
  /** Entity → least schema version accepted from a client; older ones are told to update themselves. */
  readonly minVersions?: Readonly<Record<string, number>>;
  /** Told of each failure that a caller is only told of as `internal`. */
  readonly onError?: (error: unknown) => void;
  readonly runtime?: Runtime;
  /** Default `/api/v1/sync`. */
  readonly basePath?: string;
  /** `development`: without `authenticate` everyone is known, and without `authorize` everything is allowed. */
  readonly mode?: 'production' | 'development';
}
