import type { Json } from '../contracts/json.js';
import type { ServerRecord } from '../contracts/server-store.js';
import type { RecordChange } from '../contracts/transport.js';
import { isPrefix, lookup } from '../diff/pointer.js';
import { plainRecord } from './working.js';

/** How a record is told to a replica that has everything up to `after`: only what changed since, where that is less. */
export function changeOf(record: ServerRecord, after: number): RecordChange {
  const { entity, id, version, clock, stamp, stamps, decisions } = record;
  if (record.deleted === true) return { kind: 'delete', entity, id, version, clock, stamp };
  const paths = changedPaths(record.fieldSeqs, after);
  if (paths.includes('') || after === 0) return { kind: 'put', record: plainRecord(record) };

  const set: { readonly path: string; readonly value: Json }[] = [];
  const unset: string[] = [];
  for (const path of paths) {
    const { value, blocked } = lookup(record.data, path);
    if (value === undefined || blocked) unset.push(path);
    else set.push({ path, value });
  }
  if (sizeOf([set, unset]) >= sizeOf(record.data)) return { kind: 'put', record: plainRecord(record) };
  return {
    kind: 'patch',
    entity,
    id,
    version,
    clock,
    stamp,
    set,
    unset,
    ...(stamps === undefined ? {} : { stamps }),
    ...(decisions === undefined ? {} : { decisions }),
  };
}

/** Paths changed after a seq, less those that lie below another of them. */
function changedPaths(fieldSeqs: ServerRecord['fieldSeqs'], after: number): string[] {
  const paths = Object.keys(fieldSeqs).filter((path) => (fieldSeqs[path] ?? 0) > after);
  return paths.filter((path) => !paths.some((other) => other !== path && isPrefix(other, path)));
}

function sizeOf(value: Json): number {
  return JSON.stringify(value).length;
}
