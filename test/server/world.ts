import * as z from 'zod/mini';
import { formatStamp } from '../../src/causality/stamp.js';
import type { Json, JsonObject } from '../../src/contracts/json.js';
import type { FieldChange, Operation, VersionVector } from '../../src/contracts/operation.js';
import type { Runtime } from '../../src/contracts/runtime.js';
import type { RecordChange } from '../../src/contracts/transport.js';
import { applyChanges } from '../../src/diff/diff.js';
import { defineEntity } from '../../src/resolve/define-entity.js';
import { manual, merge } from '../../src/resolve/strategies.js';
import { createSyncServer, type Identity, type SyncServerOptions } from '../../src/server/index.js';
import { memoryStore, type MemoryServerStore } from 'syncline/server-store/memory';

export const startMs = 1_800_000_000_000;

export const task = defineEntity({
  name: 'task',
  schema: z.object({
    id: z.string(),
    title: z.string(),
    minutes: z.optional(z.number()),
    notes: z.optional(z.string()),
  }),
  strategy: merge(),
});

/** Leaves every disagreement to a person. */
export const page = defineEntity({
  name: 'page',
  schema: z.object({ id: z.string(), text: z.string() }),
  strategy: manual(),
});

export const ada: Identity = { id: 'ada' };

/** A clock the test moves. */
export function testRuntime(): Runtime & { nowMs: number } {
  let made = 0;
  return {
    nowMs: startMs,
    now() {
      return this.nowMs;
    },
    random: () => 0.5,
    uuid: () => `00000000-0000-7000-8000-${String(++made).padStart(12, '0')}`,
    setTimer: () => () => undefined,
  };
}

export function createWorld(
  options: Partial<SyncServerOptions> & { readonly store?: MemoryServerStore } = {},
) {
  const runtime = testRuntime();
  const store = options.store ?? memoryStore({ newEpoch: sequence('epoch') });
  const server = createSyncServer({
    entities: [task, page],
    authorize: () => true,
    runtime,
    ...options,
    store,
  });
  const push = (...operations: unknown[]) => server.push(ada, { replica: 'phone', operations });
  const pull = (request: { cursor?: string; limit?: number; entities?: string[] } = {}) =>
    server.pull(ada, { replica: 'phone', limit: 1000, ...request });
  return { runtime, store, server, push, pull };
}

export function sequence(prefix: string): () => string {
  let made = 0;
  return () => `${prefix}${++made}`;
}

/** A replica that writes operations by hand: its counter, its ids, its time. */
export function replica(name: string, at = startMs) {
  let counter = 0;
  const operation = (
    fields: Pick<Operation, 'entityId' | 'kind' | 'changes'> & Partial<Operation>,
    seen: VersionVector,
  ): Operation => {
    counter++;
    return {
      id: `${name}-${counter}`,
      entity: 'task',
      clock: { ...seen, [name]: counter },
      stamp: formatStamp(at + counter, 0, name),
      schemaVersion: 1,
      ...fields,
    };
  };
  return {
    name,
    create: (entityId: string, data: JsonObject = { title: entityId }, extra: Partial<Operation> = {}) =>
      operation(
        {
          entityId,
          kind: 'create',
          changes: [{ path: '', action: 'set', value: { id: entityId, ...data } }],
          ...extra,
        },
        {},
      ),
    update: (
      entityId: string,
      changes: readonly FieldChange[],
      seen: VersionVector = {},
      extra: Partial<Operation> = {},
    ) => operation({ entityId, kind: 'update', changes, ...extra }, seen),
    delete: (entityId: string, seen: VersionVector = {}, extra: Partial<Operation> = {}) =>
      operation({ entityId, kind: 'delete', changes: [{ path: '', action: 'unset' }], ...extra }, seen),
  };
}

export function set(path: string, value: Json, base?: Json): FieldChange {
  return { path, action: 'set', value, ...(base === undefined ? {} : { base }) };
}

/** Everything a store holds of a space, for "nothing changed" assertions. */
export async function contentOf(store: MemoryServerStore, space = 'default') {
  return {
    bounds: await store.bounds(space),
    records: (await store.changesSince(space, { after: 0, limit: 10_000 })).records,
    outcomes: await store.outcomes(space, { after: 0, limit: 10_000 }),
  };
}

/** What a replica holds after some changes: the client's side of `patch`, `put`, `delete` and `remove`, in short. */
export function applyAll(
  held: Map<string, JsonObject>,
  changes: readonly RecordChange[],
): Map<string, JsonObject> {
  for (const change of changes) {
    if (change.kind === 'put') held.set(change.record.id, change.record.data);
    else if (change.kind !== 'patch') held.delete(change.id);
    else {
      const steps: FieldChange[] = [
        ...change.unset.map((path) => ({ path, action: 'unset' as const })),
        ...change.set.map(({ path, value }) => set(path, value)),
      ];
      held.set(change.id, applyChanges(held.get(change.id) ?? {}, steps));
    }
  }
  return held;
}
