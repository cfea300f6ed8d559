import { laterStamp } from '../causality/stamp.js';
import type { Stamp, SyncRecord } from '../contracts/operation.js';
import { isPrefix } from '../diff/pointer.js';

/** Stamp of the last write at, above or below a path. */
export function fieldStamp(record: SyncRecord, path: string): Stamp {
  const { stamps } = record;
  if (stamps === undefined) return record.stamp;
  let newest = inheritedStamp(stamps, path, record.stamp);
  for (const [written, stamp] of Object.entries(stamps)) {
    if (isPrefix(path, written)) newest = laterStamp(newest, stamp);
  }
  return newest;
}

/** The record's stamps after paths were written at `stamp`; a write never lowers a stamp. */
export function raiseStamps(
  record: SyncRecord,
  paths: readonly string[],
  stamp: Stamp,
): Readonly<Record<string, Stamp>> {
  let stamps: Record<string, Stamp> = { ...(record.stamps ?? { '': record.stamp }) };
  for (const path of paths) {
    const raised = laterStamp(fieldStamp({ ...record, stamps }, path), stamp);
    stamps = Object.fromEntries(Object.entries(stamps).filter(([written]) => !isPrefix(path, written)));
    if (path === '' || inheritedStamp(stamps, path, record.stamp) !== raised) stamps[path] = raised;
  }
  return stamps;
}

function inheritedStamp(stamps: Readonly<Record<string, Stamp>>, path: string, otherwise: Stamp): Stamp {
  let longest = '';
  for (const written of Object.keys(stamps)) {
    if (written.length > longest.length && isPrefix(written, path)) longest = written;
  }
  return stamps[longest] ?? otherwise;
}
