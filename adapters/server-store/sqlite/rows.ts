import type { RecordedOutcome, ServerRecord, StoredOutcome } from 'syncline/server';
import type { SqliteValue } from '../../shared/sqlite.js';

export const recordColumns =
  'space, entity, id, seq, version, deleted, data, clock, stamp, stamps, decisions, field_seqs';

export const outcomeColumns = 'space, operation_id, status, at, seq, operation, result';

interface RecordRow {
  readonly entity: string;
  readonly id: string;
  readonly seq: number;
  readonly version: number;
  readonly deleted: number;
  readonly data: string;
  readonly clock: string;
  readonly stamp: string;
  readonly stamps: string | null;
  readonly decisions: string | null;
  readonly field_seqs: string;
}

interface OutcomeRow {
  readonly position: number;
  readonly seq: number;
  readonly at: number;
  readonly operation: string;
  readonly result: string;
}

/** The values of a row, in the order of `recordColumns`. */
export function recordToRow(space: string, record: ServerRecord): SqliteValue[] {
  return [
    space,
    record.entity,
    record.id,
    record.seq,
    record.version,
    record.deleted === true ? 1 : 0,
    JSON.stringify(record.data),
    JSON.stringify(record.clock),
    record.stamp,
    record.stamps === undefined ? null : JSON.stringify(record.stamps),
    record.decisions === undefined ? null : JSON.stringify(record.decisions),
    JSON.stringify(record.fieldSeqs),
  ];
}

/** The values of a row, in the order of `outcomeColumns`. */
export function outcomeToRow(
  space: string,
  seq: number,
  { operation, result, at }: StoredOutcome,
): SqliteValue[] {
  return [space, operation.id, result.status, at, seq, JSON.stringify(operation), JSON.stringify(result)];
}

export function rowToRecord(value: unknown): ServerRecord {
  const row = value as RecordRow;
  return {
    entity: row.entity,
    id: row.id,
    data: parsed(row.data),
    version: row.version,
    clock: parsed(row.clock),
    stamp: row.stamp,
    ...(row.stamps === null ? {} : { stamps: parsed<NonNullable<ServerRecord['stamps']>>(row.stamps) }),
    ...(row.deleted === 0 ? {} : { deleted: true as const }),
    ...(row.decisions === null
      ? {}
      : { decisions: parsed<NonNullable<ServerRecord['decisions']>>(row.decisions) }),
    seq: row.seq,
    fieldSeqs: parsed(row.field_seqs),
  };
}

export function rowToOutcome(value: unknown): RecordedOutcome {
  const row = value as OutcomeRow;
  return {
    operation: parsed(row.operation),
    result: parsed(row.result),
    at: row.at,
    index: row.position,
    seq: row.seq,
  };
}

/** What this store wrote itself is taken at its word. */
function parsed<T>(text: string): T {
  return JSON.parse(text) as T;
}
