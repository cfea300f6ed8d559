import type { Operation } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import type { CallOptions } from '../contracts/transport.js';
import { SyncError } from '../errors.js';
import { storeAnswers, type PushReport } from './answers.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { tables, toRow, type ReplicaRow, type SentRow, type SyncRow } from './rows.js';

/** A push that went out: how many operations, and what came of them. */
export interface PushRound extends PushReport {
  readonly sent: number;
  /** The server is not the one this store has followed: pull before anything else. */
  readonly epochChanged: boolean;
}

/** Sends a batch and stores the answers. Resolves with `undefined` when none of it is to be sent. */
export async function pushBatch(
  context: Context,
  batch: readonly OutboxEntry[],
  options: CallOptions,
): Promise<PushRound | undefined> {
  const { committer, transport } = context;
  if (batch.length === 0) return undefined;
  if (transport.push === undefined) throw new SyncError('protocol', 'the transport cannot push');
  const { replica, operations, cursor } = await committer.run((transaction) => markSent(transaction, batch));
  if (operations.length === 0) return undefined;

  const space = context.space === undefined ? {} : { space: context.space };
  const from = cursor === undefined ? {} : { cursor };
  const answer = await transport.push({ replica, ...space, ...from, operations }, options);
  options.signal.throwIfAborted();
  const asked = new Set(operations.map(({ id }) => id));
  const results = answer.results.filter(({ id }) => asked.has(id));
  return committer.run(async (transaction) => {
    const [row] = await transaction.get(tables.meta, ['sync']);
    const sync = row as unknown as SyncRow | undefined;
    const epochChanged = sync?.epoch !== undefined && sync.epoch !== answer.epoch;
    // Versions of another epoch cannot be compared with ours; the ids make sending again harmless.
    const report = await storeAnswers(context, transaction, epochChanged ? [] : results);
    const isAllHere = !report.needsPull && !epochChanged && results.length === operations.length;
    if (answer.cursor !== undefined && isAllHere && sync?.cursor === cursor) {
      transaction.put(tables.meta, 'sync', toRow({ offsetMs: 0, ...sync, cursor: answer.cursor }));
    }
    return { ...report, sent: operations.length, epochChanged };
  });
}

/** Notes durably which operations the server may hold from now on, and reads them as they stand. */
async function markSent(
  transaction: Transaction,
  batch: readonly OutboxEntry[],
): Promise<{
  readonly replica: string;
  readonly operations: readonly Operation[];
  readonly cursor: string | undefined;
}> {
  const ids = batch.map(({ operation }) => operation.id);
  const [replica, sent, sync] = await transaction.get(tables.meta, ['replica', 'sent', 'sync']);
  const rows = await transaction.get(tables.outbox, ids);
  const operations = rows.flatMap((row) => {
    const entry = row as unknown as OutboxEntry | undefined;
    return entry?.state === 'pending' ? [entry.operation] : [];
  });
  const known = new Set((sent as SentRow | undefined)?.ids);
  const unknown = operations.filter(({ id }) => !known.has(id)).map(({ id }) => id);
  if (unknown.length > 0) transaction.put(tables.meta, 'sent', toRow({ ids: [...known, ...unknown] }));
  return {
    replica: (replica as unknown as ReplicaRow).replica,
    operations,
    cursor: (sync as unknown as SyncRow | undefined)?.cursor,
  };
}
