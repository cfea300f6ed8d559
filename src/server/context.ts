import type { EntityDefinition } from '../contracts/entity.js';
import type { Runtime } from '../contracts/runtime.js';
import type { ServerStore } from '../contracts/server-store.js';
import type { AnswerEnvelope } from '../contracts/transport.js';
import { limitsWith, type Limits } from '../protocol/limits.js';
import { refusal } from '../protocol/refusals.js';
import { byName, compareOnly } from '../resolve/define-entity.js';
import { defaultRuntime } from '../runtime.js';
import type { AccessRequest, Identity, SyncServerOptions } from './options.js';

/** Who writes where. */
export interface Writer {
  readonly identity: Identity;
  readonly space: string;
}

/** What every call of a server needs. */
export interface ServerContext {
  readonly store: ServerStore;
  readonly limits: Limits;
  readonly runtime: Runtime;
  readonly bus: SyncServerOptions['bus'];
  readonly minVersions: ReadonlyMap<string, number>;
  /** `undefined` for an entity this server refuses. */
  definition(entity: string): EntityDefinition | undefined;
  /** Throws the refusal where this identity has no such space. */
  spaceOf(identity: Identity, requested: string | undefined): string;
  isAllowed(access: AccessRequest): boolean | Promise<boolean>;
  envelope(): Promise<AnswerEnvelope>;
}

export function createContext<I extends Identity>(options: SyncServerOptions<I>): ServerContext {
  const { store, runtime = defaultRuntime, mode = 'production', unknownEntities = 'refuse' } = options;
  // A definition only takes what its own schema has let through, so the types of data may be forgotten here.
  const definitions = byName(options.entities);
  const authorize = options.authorize ?? (mode === 'development' ? () => true : undefined);
  const chooseSpace = options.space ?? ownSpace;

  return {
    store,
    runtime,
    limits: limitsWith(options.limits),
    bus: options.bus,
    minVersions: new Map(Object.entries(options.minVersions ?? {})),
    definition: (entity) =>
      definitions.get(entity) ??
      (unknownEntities === 'compare' ? anyVersion(compareOnly(entity)) : undefined),
    spaceOf(identity, requested) {
      if (authorize === undefined)
        throw refusal('forbidden', 'this server has no `authorize`, so it refuses everything');
      const space = chooseSpace(identity as I, requested);
      if (space === undefined)
        throw refusal('wrong-space', `'${requested ?? ''}' is not a space of this identity`);
      return space;
    },
    isAllowed: (access) => authorize?.(access as AccessRequest<I>) ?? false,
    envelope: async () => ({ serverTime: Math.floor(runtime.now()), epoch: await store.epoch() }),
  };
}

function ownSpace(identity: Identity, requested: string | undefined): string | undefined {
  const own = identity.space ?? 'default';
  return requested === undefined || requested === own ? own : undefined;
}

/** Clocks are compared alike whatever version wrote the data. */
function anyVersion(definition: EntityDefinition): EntityDefinition {
  return { ...definition, version: Number.MAX_SAFE_INTEGER };
}
