import type { OutboxEntry, OutboxOptions } from '../contracts/queue.js';
import { laneOf, unitsOf, type Unit } from './units.js';

export interface BatchLimits extends Pick<OutboxOptions, 'batchCount' | 'batchBytes'> {
  /** Answers false for an entry that must wait: throttled, or put off by the server. Default: none must. */
  readonly mayGo?: (entry: OutboxEntry) => boolean;
}

/**
 * The next batch: units that are ready, by priority, then age, within the limits of count and bytes.
 *
 * A unit is ready when the earlier units of its lanes and all that it depends on are accepted, or sit earlier in the
 * batch. The first unit is taken whatever its size, so that a large one cannot wait for ever.
 */
export function nextBatch(entries: readonly OutboxEntry[], limits: BatchLimits): OutboxEntry[] {
  const waiting = entries.filter(({ state }) => state !== 'accepted' && state !== 'dead');
  const known = new Map(entries.map((entry) => [entry.operation.id, entry]));
  const units = unitsOf(waiting);
  const earlier = predecessors(units);
  const candidates = units
    .filter((unit) => unit.entries.every((entry) => isSendable(entry, limits)))
    .sort((a, b) => b.priority - a.priority || a.order - b.order);

  const batch: OutboxEntry[] = [];
  const taken = new Set<Unit>();
  const ids = new Set<string>();
  let bytes = 0;
  const isReady = (unit: Unit) =>
    (earlier.get(unit) ?? []).every((previous) => taken.has(previous)) &&
    unit.entries.every(({ operation }) =>
      (operation.dependsOn ?? []).every(
        (id) =>
          ids.has(id) || isAccepted(known.get(id)) || unit.entries.some((entry) => entry.operation.id === id),
      ),
    );
  for (let progress = true; progress;) {
    progress = false;
    for (const unit of candidates) {
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
    }
  }
  return batch;
}

/** For each unit, the nearest earlier unit in each of its lanes. */
function predecessors(units: readonly Unit[]): ReadonlyMap<Unit, readonly Unit[]> {
  const last = new Map<string, Unit>();
  const result = new Map<Unit, Unit[]>();
  for (const unit of [...units].sort((a, b) => a.order - b.order)) {
    const before = new Set<Unit>();
    for (const { operation } of unit.entries) {
      const lane = laneOf(operation);
      const previous = last.get(lane);
      if (previous !== undefined && previous !== unit) before.add(previous);
      last.set(lane, unit);
    }
    result.set(unit, [...before]);
  }
  return result;
}

function isSendable(entry: OutboxEntry, limits: BatchLimits): boolean {
  return entry.state === 'pending' && limits.mayGo?.(entry) !== false;
}

function isAccepted(entry: OutboxEntry | undefined): boolean {
  return entry === undefined || entry.state === 'accepted';
}

function sizeOf(unit: Unit): number {
  return JSON.stringify(unit.entries.map(({ operation }) => operation)).length;
}
