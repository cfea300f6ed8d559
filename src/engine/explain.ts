import type { JsonObject } from '../contracts/json.js';
import type { Decision, Stamp, SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { stampReplica, stampTime } from '../causality/stamp.js';
import { equalJson } from '../diff/canonical.js';
import { escapeSegment, overlaps } from '../diff/pointer.js';
import { defined } from '../diff/shape.js';
import { fieldStamps } from '../resolve/field-stamps.js';
import type { Context } from './context.js';
import { baseOf, recordTable } from './rows.js';

/** Why a record is as it is, and what keeps a write from the server. */
export interface Explanation {
  readonly entity: string;
  readonly id: string;
  /** What the application reads. Absent: there is no such record. */
  readonly view?: SyncRecord;
  /** What the server is known to hold. */
  readonly base?: SyncRecord;
  /** This device's operations on the record, in order; `accepted` ones wait for the pull. */
  readonly pending: readonly OutboxEntry[];
  /** Dead letters of the record. */
  readonly deadLetters: readonly OutboxEntry[];
  /** How present values came out of merges. */
  readonly decisions: readonly Decision[];
  readonly fields: readonly FieldOrigin[];
  /** One sentence for each operation that is not with the server yet: what it waits for. */
  readonly waiting: readonly string[];
}

/** Where a top-level field has its value from. */
export interface FieldOrigin {
  readonly path: string;
  readonly value: JsonObject[string];
  /** Replica that wrote it last. */
  readonly replica: string;
  /** Wall-clock time, ms, of the newest write there, as its device said. */
  readonly at: number;
  /** Whether the server holds this very value. */
  readonly synced: boolean;
  readonly decision?: Decision;
}

export async function explain(context: Context, entity: string, id: string): Promise<Explanation> {
  const record = await context.committer.run(
    async (transaction) => (await transaction.get(recordTable(entity), [id]))[0],
  );
  const base = baseOf(record);
  const lane = context.mirror.lane(entity, id);
  const open = lane.filter(({ state }) => state !== 'dead');
  return {
    entity,
    id,
    ...defined({ view: record?.view, base }),
    pending: open,
    deadLetters: lane.filter(({ state }) => state === 'dead'),
    decisions: record?.view.decisions ?? [],
    fields: record === undefined ? [] : originsOf(record.view, base, open),
    waiting: open.map(reasonOf),
  };
}

function originsOf(
  view: SyncRecord,
  base: SyncRecord | undefined,
  open: readonly OutboxEntry[],
): FieldOrigin[] {
  // A tombstone keeps its last values for whoever revives it; the server does not hold them any more.
  const held = base?.deleted === view.deleted ? base?.data : undefined;
  const stampAt = fieldStamps(view);
  return Object.entries(view.data).map(([key, value]) => {
    const path = `/${escapeSegment(key)}`;
    const isSynced = held !== undefined && equalJson(held[key], value);
    const stamp = (isSynced ? undefined : lastWrite(open, path)) ?? stampAt(path);
    const decision = view.decisions?.find((each) => overlaps(each.path, path));
    return {
      path,
      value,
      replica: winnerOf(path, decision) ?? stampReplica(stamp),
      at: stampTime(stamp),
      synced: isSynced,
      ...defined({ decision }),
    };
  });
}

/** A write that was later, and gave way, leaves its stamp behind. */
function winnerOf(path: string, decision: Decision | undefined): string | undefined {
  if (decision?.path !== path || decision.winner === 'both') return undefined;
  return decision.winner === 'local' ? decision.replica : decision.remoteReplica;
}

/** Stamp of this device's newest operation on a field. The record's own stamp may be a later one that lost. */
function lastWrite(open: readonly OutboxEntry[], path: string): Stamp | undefined {
  return open.findLast(({ operation }) => operation.changes.some((change) => overlaps(change.path, path)))
    ?.operation.stamp;
}

function reasonOf({ operation, state, attempts, error }: OutboxEntry): string {
  const what = `The ${operation.kind}`;
  switch (state) {
    case 'pending':
      return attempts === 0
        ? `${what} waits to be sent.`
        : `${what} was put off ${attempts} times: ${error?.message ?? ''}`;
    case 'accepted':
      return `${what} is accepted; the record comes with the next pull.`;
    case 'contested':
      return `${what} met a newer state on the server, which is being pulled.`;
    case 'conflict':
    case 'dead':
      return `${what} waits for a person to decide.`;
  }
}
