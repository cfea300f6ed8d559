import type { SyncRecord } from '../contracts/operation.js';
import type { CallOptions, PullAnswer, RecordChange, TransportAdapter } from '../contracts/transport.js';
import { equalJson } from '../diff/canonical.js';
import { applyChanges } from '../diff/diff.js';
import { covers } from '../causality/vector.js';
import { isSyncError, SyncError } from '../errors.js';
import { maxDriftMs } from '../causality/stamp.js';
import { defined } from '../diff/shape.js';
import { laneOf } from '../outbox/units.js';
import { Workbench } from './workbench.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import type { ClientEvent } from './events.js';
import { resendHistory } from './identity.js';
import type { LaneKey } from './lane.js';
import { putMeta, readMeta } from './meta.js';
import { recordTable } from './rows.js';

/** What a pull to the present came to. */
export interface PullReport {
  readonly changes: number;
  readonly reset: boolean;
  /** The server holds operations under this replica's name that it never sent: a copied store. */
  readonly identityLost: boolean;
  readonly events: readonly ClientEvent[];
}

/** Pages of one pull, collected until nothing is left: only then do they show one moment of the server. */
interface Run {
  readonly from: string | undefined;
  readonly cursor: string;
  readonly changes: readonly RecordChange[];
  readonly reset: boolean;
  readonly last: PullAnswer;
}

type Ask = NonNullable<TransportAdapter['pull']>;

export interface PullOptions extends CallOptions {
  readonly onPage: (done: number, total: number | undefined) => void;
}

/** Pulls from the cursor to the present, and applies all of it in one commit. `undefined` where there is no way to. */
export async function pullToPresent(context: Context, options: PullOptions): Promise<PullReport | undefined> {
  const ask = context.transport.pull?.bind(context.transport);
  if (ask === undefined) return undefined;
  for (;;) {
    const { replica, sync } = await context.committer.run((transaction) =>
      readMeta(transaction, 'replica', 'sync'),
    );
    try {
      const run = await collect(context, ask, { replica: replica.replica, from: sync.cursor, ...options });
      options.signal.throwIfAborted();
      const report = await context.committer.run((transaction) => applyRun(context, transaction, run));
      if (report !== 'again') return report;
    } catch (error) {
      if (sync.cursor === undefined || !isSyncError(error, 'cursor-expired')) throw error;
      await context.committer.run(startOver);
    }
  }
}

async function collect(
  { space, entities, pageLimit }: Context,
  ask: Ask,
  {
    replica,
    from,
    signal,
    onPage,
  }: PullOptions & { readonly replica: string; readonly from: string | undefined },
): Promise<Run> {
  const scope = {
    replica,
    ...defined({ space }),
    entities: [...entities.keys()],
    limit: pageLimit,
  };
  const changes: RecordChange[] = [];
  let reset = from === undefined;
  for (let cursor = from; ;) {
    const answer = await ask({ ...scope, ...defined({ cursor }) }, { signal });
    if (answer.reset === true) {
      changes.length = 0;
      reset = true;
    }
    for (const change of answer.changes)
      changes.push(entities.get(keyOf(change).entity)?.local?.kept(change) ?? change);
    onPage(changes.length, typeof answer.more === 'number' ? changes.length + answer.more : undefined);
    if (answer.more === false) return { from, cursor: answer.cursor, changes, reset, last: answer };
    if (answer.cursor === cursor)
      throw new SyncError('protocol', 'the server says there is more, but does not move on');
    cursor = answer.cursor;
  }
}

async function applyRun(context: Context, transaction: Transaction, run: Run): Promise<PullReport | 'again'> {
  const { sync } = await readMeta(transaction, 'sync');
  // Another tab has pulled meanwhile; what was collected here starts from a state that is gone.
  if (sync.cursor !== run.from) return 'again';
  const { epoch, serverTime } = run.last;
  const epochChanged = sync.epoch !== undefined && sync.epoch !== epoch;

  const workbench = new Workbench(context, transaction);
  await workbench.open(run.changes.map(keyOf));
  if (epochChanged) await resendHistory(context, transaction, workbench, epoch);
  const seen = new Set<string>();
  for (const change of run.changes) {
    const key = keyOf(change);
    const lane = workbench.lane(key);
    if (lane === undefined) continue;
    seen.add(laneOf(key));
    // The server counts on a base that this store no longer has: ask for everything, whole.
    if (change.kind === 'patch' && lane.base === undefined)
      throw new SyncError('cursor-expired', `${key.entity} ${key.entityId} changed, and is not here`);
    const isNews =
      change.kind === 'remove' || !isKnown(lane.base, change) || (run.reset && fills(lane.base, change));
    if (!epochChanged && !isNews) continue;
    const known = new Set(lane.base?.decisions?.map(({ operationId }) => operationId));
    workbench.rebase(lane, baseAfter(change, lane.base));
    const fresh = lane.base?.decisions?.filter(({ operationId }) => !known.has(operationId)) ?? [];
    if (!run.reset) workbench.tellMerged(key, fresh);
  }
  if (run.reset) await sweep(context, transaction, workbench, seen);
  await workbench.close();
  const offsetMs = serverTime - context.runtime.now();
  putMeta(transaction, 'sync', {
    cursor: run.cursor,
    epoch,
    offsetMs: steady(sync.offsetMs, offsetMs),
    pulledAt: context.runtime.now(),
  });
  return {
    changes: run.changes.length,
    reset: run.reset && run.from !== undefined,
    identityLost: workbench.identityLost,
    events: workbench.events,
  };
}

/** Forgets what a pull from the start did not bring. Pending operations stay, and find out what they stand on. */
async function sweep(
  context: Context,
  transaction: Transaction,
  workbench: Workbench,
  seen: ReadonlySet<string>,
): Promise<void> {
  const unseen: LaneKey[] = [];
  for (const entity of context.entities.keys()) {
    for (const entityId of (await transaction.all(recordTable(entity))).keys()) {
      const key = { entity, entityId };
      if (!seen.has(laneOf(key))) unseen.push(key);
    }
  }
  await workbench.open(unseen);
  for (const key of unseen) {
    const lane = workbench.lane(key);
    if (lane?.base !== undefined) workbench.rebase(lane, undefined);
  }
}

function baseAfter(change: RecordChange, base: SyncRecord | undefined): SyncRecord | undefined {
  switch (change.kind) {
    case 'put':
      return change.record;
    case 'remove':
      return undefined;
    case 'delete': {
      const { entity, id, version, clock, stamp } = change;
      return { entity, id, data: base?.data ?? {}, version, clock, stamp, deleted: true };
    }
    case 'patch': {
      const { entity, id, version, clock, stamp, stamps, decisions, set, unset } = change;
      const data = applyChanges(base?.data ?? {}, [
        ...unset.map((path) => ({ path, action: 'unset' as const })),
        ...set.map(({ path, value }) => ({ path, action: 'set' as const, value })),
      ]);
      return { entity, id, data, version, clock, stamp, ...defined({ stamps, decisions }) };
    }
  }
}

function keyOf(change: RecordChange): LaneKey {
  const { entity, id: entityId } = change.kind === 'put' ? change.record : change;
  return { entity, entityId };
}

/**
 * Whether the base is this state already, or a later one. Versions tell only within one life of a record: one that is
 * made again after its tombstone was dropped starts over at 1, and its clock knows nothing of the life before.
 */
function isKnown(base: SyncRecord | undefined, change: Exclude<RecordChange, { kind: 'remove' }>): boolean {
  const { version, clock } = change.kind === 'put' ? change.record : change;
  return base !== undefined && base.version >= version && covers(base.clock, clock);
}

/** Whether a pull from the start brings what an earlier release of the application kept off the device. */
function fills(base: SyncRecord | undefined, change: RecordChange): boolean {
  return (
    change.kind === 'put' &&
    base?.version === change.record.version &&
    !equalJson(base.data, change.record.data)
  );
}

/** Only a jump is worth writing down; a few milliseconds of travel are not. */
function steady(before: number, now: number): number {
  return Math.abs(now - before) < maxDriftMs / 10 ? before : now;
}

/** Forgets the cursor: the next pull is from the start. */
export async function startOver(transaction: Transaction): Promise<void> {
  const { cursor: _, ...rest } = (await readMeta(transaction, 'sync')).sync;
  putMeta(transaction, 'sync', rest);
}
