import { laterStamp } from '../causality/stamp.js';
import type { Stamp, SyncRecord } from '../contracts/operation.js';
import { prefixes } from '../diff/path-set.js';
import { ownValue } from '../diff/shape.js';

/** Tells the stamp of the last write at, above or below a path, for as many paths of a record as are asked for. */
export function fieldStamps({ stamp, stamps }: SyncRecord): (path: string) => Stamp {
  if (stamps === undefined) return () => stamp;
  const newestIn = new Map<string, Stamp>();
  for (const [written, below] of Object.entries(stamps)) {
    for (const path of prefixes(written)) newestIn.set(path, laterStamp(newestIn.get(path) ?? below, below));
  }
  return (path) => {
    const inherited = inheritedStamp(stamps, path, stamp);
    return laterStamp(inherited, newestIn.get(path) ?? inherited);
  };
}

/** The record's stamps after paths that do not overlap were written at `stamp`; a write never lowers a stamp. */
export function raiseStamps(
  record: SyncRecord,
  paths: readonly string[],
  stamp: Stamp,
): Readonly<Record<string, Stamp>> {
  const before = record.stamps ?? { '': record.stamp };
  const raised = new Map<string, Stamp>(
    paths.map((path) => [path, laterStamp(inheritedStamp(before, path, record.stamp), stamp)]),
  );
  const after: Record<string, Stamp> = {};
  for (const [written, below] of Object.entries(before)) {
    const cover = prefixes(written).find((path) => raised.has(path));
    if (cover === undefined) after[written] = below;
    else raised.set(cover, laterStamp(raised.get(cover) ?? below, below));
  }
  for (const [path, newest] of raised) {
    if (path === '' || inheritedStamp(after, path, record.stamp) !== newest) after[path] = newest;
  }
  return after;
}

function inheritedStamp(stamps: Readonly<Record<string, Stamp>>, path: string, otherwise: Stamp): Stamp {
  for (const prefix of prefixes(path)) {
    const inherited = ownValue(stamps, prefix);
    if (inherited !== undefined) return inherited;
  }
  return otherwise;
}
