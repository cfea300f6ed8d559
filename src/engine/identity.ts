import { stampReplica, withReplica } from '../causality/stamp.js';
import { counterOf, withCounter } from '../causality/vector.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { Bench } from './bench.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { putMeta, readMeta } from './meta.js';
import { tables } from './rows.js';

/** A replica id: short, unique, and fit for a stamp. */
export function newReplicaId(uuid: string): string {
  return uuid.replaceAll('-', '').slice(-20);
}

/**
 * Gives the store a new identity and re-keys what was not delivered. Operation ids stay: where a copy of this store
 * delivers the same operation, the server applies it once.
 */
export async function renewIdentity(context: Context, transaction: Transaction): Promise<string> {
  const { replica: old } = await readMeta(transaction);
  const replica = newReplicaId(context.runtime.uuid());
  const bench = new Bench(context, transaction);
  const entries = context.mirror.entries().filter(({ state }) => state !== 'dead' && state !== 'accepted');
  await bench.open(entries.map(({ operation }) => ({ entity: operation.entity, id: operation.entityId })));
  for (const { operation } of entries) {
    const lane = bench.lane(operation.entity, operation.entityId);
    const entry = lane?.entries.find((each) => each.operation.id === operation.id);
    if (lane === undefined || entry === undefined) continue;
    bench.put(lane, { entry: rekey(entry, replica) });
  }
  await bench.close();
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
 * After the server was restored or replaced: what it had acknowledged lately, and what it had accepted but not sent
 * back, waits to be sent again. Ids make it harmless where the server still knows it.
 */
export async function resendHistory(
  context: Context,
  transaction: Transaction,
  bench: Bench,
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
  const held = context.mirror.entries().filter(({ state }) => state === 'accepted');
  await bench.open(
    [...acknowledged, ...held].map(({ operation }) => ({ entity: operation.entity, id: operation.entityId })),
  );
  for (const entry of [...acknowledged, ...held]) {
    const lane = bench.lane(entry.operation.entity, entry.operation.entityId);
    if (lane !== undefined) bench.restore(lane, pendingAgain(entry));
  }
  for (const slot of rows.keys()) transaction.delete(tables.history, slot);
  bench.events.push({ kind: 'epoch-changed', epoch, resent: acknowledged.length + held.length });
}

function pendingAgain({ awaitsVersion: _version, error: _error, ...entry }: OutboxEntry): OutboxEntry {
  return { ...entry, state: 'pending', attempts: 0 };
}
