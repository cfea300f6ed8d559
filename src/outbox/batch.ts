import type { OutboxEntry, OutboxOptions } from '../contracts/queue.js';
import { laneOf, unitsOf, type Unit } from './units.js';

export interface BatchLimits extends Pick<OutboxOptions, 'batchCount' | 'batchBytes'> {
  /** Answers false for an entry that must wait: throttled, or put off by the server. Default: none must. */
  readonly mayGo?: (entry: OutboxEntry) => boolean;
}

/** Units in the order they would go, and what each must wait for. Good for as long as none is added or parked. */
export interface BatchPlan {
  readonly units: readonly Unit[];
  /** The first of `units` that may not be over. */
  from: number;
  /** Those that others must wait for, in the order of writing. */
  awaited: readonly Unit[];
  /** The nearest earlier unit in each of a unit's lanes. */
  readonly earlier: ReadonlyMap<Unit, readonly Unit[]>;
  /** Units that are over, and before which nothing is left in their lanes. */
  readonly behind: WeakSet<Unit>;
}

/** Orders what waits. `entries` are in the order of writing. */
export function planBatches(entries: readonly OutboxEntry[]): BatchPlan {
  const byAge = unitsOf(entries.filter((entry) => !isDone(entry)));
  const earlier = predecessors(byAge);
  const awaited = new Set([...earlier.values()].flat());
  return {
    units: [...byAge].sort((a, b) => b.priority - a.priority || a.order - b.order),
    from: 0,
    awaited: byAge.filter((unit) => awaited.has(unit)),
    earlier,
    behind: new WeakSet(),
  };
}

/**
 * The next batch: units that are ready, by priority, then age, within the limits of count and bytes. `present` gives an
 * entry as it stands now, or nothing when it is gone.
 *
 * A unit is ready when the earlier units of its lanes and all that it depends on are accepted, or sit earlier in the
 * batch. The first unit is taken whatever its size, so that a large one cannot wait for ever.
 */
export function takeBatch(
  plan: BatchPlan,
  limits: BatchLimits,
  present: (id: string) => OutboxEntry | undefined,
): OutboxEntry[] {
  const isOver = (unit: Unit) => unit.entries.every(({ operation }) => isDone(present(operation.id)));
  while (plan.from < plan.units.length && isOver(plan.units[plan.from]!)) plan.from++;
  plan.awaited = plan.awaited.filter((unit) => !passes(plan, unit, isOver));

  const batch: OutboxEntry[] = [];
  const taken = new Set<Unit>();
  const ids = new Set<string>();
  let bytes = 0;
  const mayFollow = (unit: Unit, id: string) =>
    ids.has(id) || isAccepted(present(id)) || unit.entries.some(({ operation }) => operation.id === id);
  const isReady = (unit: Unit) =>
    (plan.earlier.get(unit) ?? []).every((previous) => taken.has(previous) || plan.behind.has(previous)) &&
    unit.entries.every(
      (entry) =>
        present(entry.operation.id)?.state === 'pending' &&
        limits.mayGo?.(entry) !== false &&
        (entry.operation.dependsOn ?? []).every((id) => mayFollow(unit, id)),
    );
  for (let progress = true; progress;) {
    progress = false;
    for (let at = plan.from; at < plan.units.length; at++) {
      const unit = plan.units[at]!;
      if (taken.has(unit) || !isReady(unit)) continue;
      const size = sizeOf(unit);
      const fits =
        batch.length + unit.entries.length <= limits.batchCount && bytes + size <= limits.batchBytes;
      if (!fits && batch.length > 0) return batch;
      batch.push(...unit.entries);
      for (const { operation } of unit.entries) ids.add(operation.id);
      bytes += size;
      taken.add(unit);
      progress = true;
      if (batch.length >= limits.batchCount) return batch;
    }
  }
  return batch;
}

/** Notes a unit that is over. One that was given up in the middle of a lane is no way past what waits before it. */
function passes(plan: BatchPlan, unit: Unit, isOver: (unit: Unit) => boolean): boolean {
  if (!isOver(unit) || plan.earlier.get(unit)?.every((previous) => plan.behind.has(previous)) === false)
    return false;
  plan.behind.add(unit);
  return true;
}

function predecessors(units: readonly Unit[]): ReadonlyMap<Unit, readonly Unit[]> {
  const last = new Map<string, Unit>();
  const result = new Map<Unit, Unit[]>();
  for (const unit of units) {
    for (const { operation } of unit.entries) {
      const lane = laneOf(operation);
      const previous = last.get(lane);
      last.set(lane, unit);
      if (previous === undefined || previous === unit) continue;
      const before = result.get(unit);
      if (before === undefined) result.set(unit, [previous]);
      else before.push(previous);
    }
  }
  return result;
}

function isAccepted(entry: OutboxEntry | undefined): boolean {
  return entry === undefined || entry.state === 'accepted';
}

/** Nothing to send, and out of the lane's way. */
function isDone(entry: OutboxEntry | undefined): boolean {
  return isAccepted(entry) || entry?.state === 'dead';
}

function sizeOf(unit: Unit): number {
  let size = 0;
  for (const { operation } of unit.entries) size += JSON.stringify(operation).length + 1;
  return size;
}
