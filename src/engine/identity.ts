import { stampReplica, withReplica } from '../causality/stamp.js';
import { counterOf, withCounter } from '../causality/vector.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { Workbench } from './workbench.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { putMeta, readMeta } from './meta.js';
import { tables } from './rows.js';
import { unsettled } from './settle.js';

/** A replica id: short, unique, and fit for a stamp. */
export function newReplicaId(uuid: string): string {
  return uuid.replaceAll('-', '').slice(-20);
}

/**
 * Gives the store a new identity and re-keys what was not delivered. Operation ids stay: where a copy of this store
 * delivers the same operation, the server applies it once.
 */
export async function renewIdentity(context: Context, transaction: Transaction): Promise<string> {
  const { replica: old } = await readMeta(transaction, 'replica');
  const replica = newReplicaId(context.runtime.uuid());
  const workbench = new Workbench(context, transaction);
  const entries = context.mirror.entries().filter(({ state }) => state !== 'dead' && state !== 'accepted');
  await workbench.openFor(entries);
  for (const waiting of entries) {
    const lane = workbench.lane(waiting.operation);
    const entry = lane?.entries.find(({ operation }) => operation.id === waiting.operation.id);
    if (lane === undefined || entry === undefined) continue;
    workbench.put(lane, { entry: rekey(entry, replica) });
  }
  await workbench.close();
  putMeta(transaction, 'replica', { ...old, replica });
  return replica;
}

/** What its author had seen under the old name cannot be told from what its double did: it counts as unseen. */
function rekey(entry: OutboxEntry, replica: string): OutboxEntry {
  const { operation } = entry;
  const author = stampReplica(operation.stamp);
  const seen = Object.fromEntries(Object.entries(operation.clock).filter(([each]) => each !== author));
  const clock = withCounter(seen, replica, counterOf(operation.clock, author));
  return { ...entry, operation: { ...operation, clock, stamp: withReplica(operation.stamp, replica) } };
}

/**
 * After the server was restored or replaced: what it had acknowledged lately, and what it had answered but not sent
 * back, waits to be sent again. Ids make it harmless where the server still knows it.
 */
export async function resendHistory(
  context: Context,
  transaction: Transaction,
  workbench: Workbench,
  epoch: string,
): Promise<void> {
  const rows = await transaction.all(tables.history);
  const acknowledged = [...rows.values()]
    .map(({ entry }) => entry)
    .filter(
      ({ operation }) =>
        context.mirror.get(operation.id) === undefined && context.entities.has(operation.entity),
    )
    .sort((a, b) => a.order - b.order);
  // What was contested waits for a version of the server that was: it is asked again.
  const held = context.mirror.entries().filter(({ state }) => state === 'accepted' || state === 'contested');
  const resent = [...acknowledged, ...held];
  await workbench.openFor(resent);
  // The other members of a contested one's transaction wait in the outbox as they are.
  const isWhole = wholeGroups([
    ...acknowledged,
    ...context.mirror.entries().filter(({ state }) => state !== 'dead'),
  ]);
  for (const entry of resent) {
    const lane = workbench.lane(entry.operation);
    if (lane !== undefined) workbench.restore(lane, pendingAgain(entry, isWhole(entry)));
  }
  for (const slot of rows.keys()) transaction.delete(tables.history, slot);
  workbench.events.push({ kind: 'epoch-changed', epoch, resent: resent.length });
}

/** Tells an entry whose transaction is all there; the history may hold the end of a large one only. */
function wholeGroups(entries: readonly OutboxEntry[]): (entry: OutboxEntry) => boolean {
  const members = new Map<string, number>();
  for (const { operation } of entries) {
    const id = operation.transaction?.id;
    if (id !== undefined) members.set(id, (members.get(id) ?? 0) + 1);
  }
  return ({ operation: { transaction } }) =>
    transaction === undefined || members.get(transaction.id) === transaction.size;
}

/** What is left of a transaction goes one by one: a part of it would be refused. */
function pendingAgain(entry: OutboxEntry, isWhole: boolean): OutboxEntry {
  const { transaction: _, ...alone } = entry.operation;
  return { ...unsettled(entry), operation: isWhole ? entry.operation : alone, state: 'pending', attempts: 0 };
}
