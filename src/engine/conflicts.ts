import type { Observable } from 'rxjs';
import type { FieldConflict, Operation } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { toJson } from '../diff/json.js';
import { SyncError } from '../errors.js';
import type { Settlement } from '../resolve/successor.js';
import { Workbench, type OpenLane } from './workbench.js';
import type { Context } from './context.js';
import { refuseInvalid, stateBefore } from './lane.js';
import { watchOutbox } from './live.js';
import { accept } from './operations.js';
import { carriedOn, succeed } from './settle.js';

/** A write that waits for a person. */
export interface Conflict {
  /** The operation's id; what `resolve` takes. */
  readonly id: string;
  readonly entity: string;
  readonly entityId: string;
  /** What disagrees; the path `''` means that one side deleted the record. */
  readonly fields: readonly FieldConflict[];
  /** Wall-clock time, ms. */
  readonly since: number;
}

/** `local`: this device's values. `remote`: the server's. `merged`: the whole record as the person wants it. */
export type Resolution = 'local' | 'remote' | { readonly merged: object };

/** Conflicts that no strategy may decide. */
export interface ConflictInbox {
  list(): readonly Conflict[];
  /** The list, now and whenever it changes. */
  watch(): Observable<readonly Conflict[]>;
  /** Settles one; the answer is sent like any other write. Throws `not-found` for what is not in the inbox. */
  resolve(id: string, resolution: Resolution): Promise<void>;
}

export function createConflictInbox(context: Context): ConflictInbox {
  const list = () => context.mirror.entries().flatMap(toConflict);
  return {
    list,
    watch: () =>
      watchOutbox(
        context,
        list,
        ({ before, after }) => before?.state === 'conflict' || after?.state === 'conflict',
      ),
    resolve: (id, resolution) => resolve(context, id, resolution),
  };
}

function toConflict({ operation, state, conflict }: OutboxEntry): Conflict[] {
  if (state !== 'conflict' || conflict === undefined) return [];
  return [
    {
      id: operation.id,
      entity: operation.entity,
      entityId: operation.entityId,
      fields: conflict.fields,
      since: conflict.since,
    },
  ];
}

async function resolve(context: Context, id: string, resolution: Resolution): Promise<void> {
  await context.committer.run(async (transaction) => {
    const entry = context.mirror.get(id);
    if (entry?.state !== 'conflict')
      throw new SyncError('not-found', `${id} is not in the conflict inbox`, { operationId: id });
    const workbench = new Workbench(context, transaction);
    await workbench.openFor([entry]);
    const lane = workbench.lane(entry.operation);
    const present = lane?.entries.find(({ operation }) => operation.id === id);
    if (lane === undefined || present?.state !== 'conflict')
      throw new SyncError('not-found', `${id} was settled meanwhile`, { operationId: id });
    workbench.put(lane, succeed(present, resolved(context, lane, present, resolution)));
    await workbench.close();
  });
}

function resolved(context: Context, lane: OpenLane, entry: OutboxEntry, resolution: Resolution): Operation {
  const settlement = settlementOf(lane, entry, resolution);
  const met = stateBefore(lane, entry);
  const next = carriedOn(lane.definition, met, entry.operation, context.runtime.uuid(), settlement);
  refuseInvalid(lane.definition, met, next, {
    operationId: entry.operation.id,
    hint: 'The conflict stays open. Resolve it with `merged`.',
  });
  return next;
}

function settlementOf(
  { definition }: OpenLane,
  { operation }: OutboxEntry,
  resolution: Resolution,
): Settlement {
  if (resolution === 'local' || resolution === 'remote') return resolution;
  if (typeof resolution !== 'object')
    throw new SyncError('validation', `a conflict is not resolved by '${String(resolution)}'`);
  return { merged: accept({ definition, id: operation.entityId }, toJson(resolution.merged)) };
}
