import type { Operation } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import type { CallOptions, OperationResult } from '../contracts/transport.js';
import { defined } from '../diff/shape.js';
import { storeAnswers, type PushReport } from './answers.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { putMeta, readMeta } from './meta.js';
import { tables } from './rows.js';

/** A push that went out, and what came of it. */
export interface PushRound extends PushReport {
  /** The server is not the one this store has followed: pull before anything else. */
  readonly epochChanged: boolean;
}

/**
 * Sends a batch and stores the answers. Resolves with `undefined` when there is nothing to send or no way to, and with
 * `stale` when another tab moved a part of the batch: what is left of it need not be ready by itself.
 */
export async function pushBatch(
  context: Context,
  batch: readonly OutboxEntry[],
  options: CallOptions,
): Promise<PushRound | 'stale' | undefined> {
  const { committer, transport } = context;
  if (batch.length === 0 || transport.push === undefined) return undefined;
  const { replica } = await committer.run((transaction) => readMeta(transaction, 'replica'));
  const { operations, cursor } = await committer.run((transaction) => markSent(transaction, batch));
  if (operations.length < batch.length) {
    await committer.refresh(batch.map(({ operation }) => ({ table: tables.outbox, id: operation.id })));
    return 'stale';
  }

  const scope = defined({ space: context.space, cursor });
  const answer = await transport.push({ replica: replica.replica, ...scope, operations }, options);
  options.signal.throwIfAborted();
  const results = answersTo(context, operations, answer.results);
  return committer.run(async (transaction) => {
    const { sync } = await readMeta(transaction, 'sync');
    const epochChanged = sync.epoch !== undefined && sync.epoch !== answer.epoch;
    // Versions of another epoch cannot be compared with ours; the ids make sending again harmless.
    const report = await storeAnswers(context, transaction, epochChanged ? [] : results);
    const isAllHere = !report.needsPull && !epochChanged && results.length === operations.length;
    if (answer.cursor !== undefined && isAllHere && sync.cursor === cursor) {
      putMeta(transaction, 'sync', { ...sync, cursor: answer.cursor });
    }
    const isSettled = report.moved || epochChanged;
    const blocked = isSettled ? report.blocked : operations.map(({ id }) => id);
    return { ...report, blocked, epochChanged };
  });
}

/** The first answer to each operation; what was not asked is not heard. */
function answersTo(
  { entities }: Context,
  operations: readonly Operation[],
  answers: readonly OperationResult[],
): readonly OperationResult[] {
  const asked = new Map(operations.map(({ id, entity }) => [id, entities.get(entity)]));
  return answers.flatMap((answer) => {
    const definition = asked.get(answer.id);
    return asked.delete(answer.id) ? [definition?.local?.kept(answer) ?? answer] : [];
  });
}

/** Notes durably which operations the server may hold from now on, and reads them as they stand. */
async function markSent(
  transaction: Transaction,
  batch: readonly OutboxEntry[],
): Promise<{
  readonly operations: readonly Operation[];
  readonly cursor: string | undefined;
}> {
  const ids = batch.map(({ operation }) => operation.id);
  const { sent, sync } = await readMeta(transaction, 'sent', 'sync');
  const rows = await transaction.get(tables.outbox, ids);
  const operations = rows.flatMap((entry) => (entry?.state === 'pending' ? [entry.operation] : []));
  if (operations.length < batch.length) return { operations, cursor: sync.cursor };
  const known = new Set(sent.ids);
  const unknown = operations.filter(({ id }) => !known.has(id)).map(({ id }) => id);
  if (unknown.length > 0) putMeta(transaction, 'sent', { ids: [...known, ...unknown] });
  return { operations, cursor: sync.cursor };
}
