import type { EntityDefinition } from '../contracts/entity.js';
import type { Operation, SyncRecord, TransactionMark } from '../contracts/operation.js';
import type { OutboxEntry, OutboxOptions } from '../contracts/queue.js';
import type { Derivation } from '../contracts/storage.js';
import { SyncError } from '../errors.js';
import { compactPair } from '../outbox/compact.js';
import { exceedsBytesAsJson } from '../protocol/interior.js';
import { writeOver } from '../resolve/reconcile.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { derivationsOf } from './derivations.js';
import { fold, loadLanes, rowOf, type Lane } from './lane.js';
import { author, draft, hopeless, type Intent } from './operations.js';
import { assertNotNewer, putMeta, readMeta } from './meta.js';
import { recordTable, tables } from './rows.js';
import { correctedNow } from './time.js';

/** What became of one intent. Without an operation id nothing changed, and nothing was written. */
export interface WriteResult {
  readonly entityId: string;
  readonly operationId: string | undefined;
}

/** A lane while intents are added to it. */
interface OpenLane extends Lane {
  view: SyncRecord | undefined;
  entries: readonly OutboxEntry[];
}

/** An intent that has become an entry of the outbox. */
interface Drafted {
  readonly definition: EntityDefinition;
  readonly lane: OpenLane;
  readonly entry: OutboxEntry;
}

/**
 * Turns intents into operations: one unit of work that holds the record rows, the outbox rows and the counter. Later
 * intents see the earlier ones. With `grouped` they are a transaction: they share one fate at the server.
 */
export async function write(
  context: Context,
  transaction: Transaction,
  intents: readonly Intent[],
  grouped = false,
): Promise<WriteResult[]> {
  const meta = await readMeta(transaction, 'replica', 'sync', 'sent', 'schema');
  const now = correctedNow(context.runtime, meta.sync);
  const drafts: Drafted[] = [];
  let { replica } = meta;
  for (const { definition } of intents) assertNotNewer(definition, meta.schema);

  const keys = intents.map(({ definition, id }) => ({ entity: definition.name, entityId: id }));
  const lanes: OpenLane[] = await loadLanes(transaction, keys);
  const groupId = grouped ? context.runtime.uuid() : undefined;
  const results = intents.map((intent, at): WriteResult => {
    const { definition, id, options } = intent;
    const lane = lanes[at]!;
    const drafted = draft(intent, lane.view);
    if (drafted.changes.length === 0) return { entityId: id, operationId: undefined };
    const uuid = context.runtime.uuid();
    const authored = author(replica, drafted, { definition, id, view: lane.view, now, uuid, options });
    replica = authored.replica;
    const mayJoin = !grouped && mayCompact(context, lane.entries.at(-1), meta.sent.ids);
    const entry = enqueue(lane, definition, {
      operation: authored.operation,
      order: replica.counter,
      now,
      mayJoin,
    });
    drafts.push({ definition, lane, entry });
    context.mirror.claim(entry.operation.id);
    return { entityId: id, operationId: entry.operation.id };
  });
  if (drafts.length === 0) return results;
  if (grouped) refuseOversized(context.outbox, drafts);
  await refuseHopeless(transaction, intents);
  if (context.mirror.size + drafts.length > context.outbox.capacity) {
    throw new SyncError('limit', `the outbox is full (${context.outbox.capacity})`, {
      hint: 'Nothing was stored. Let it drain, or raise outbox.capacity.',
    });
  }

  const mark = groupId === undefined ? undefined : { id: groupId, size: drafts.length };
  await putRows(transaction, drafts, mark);
  putMeta(transaction, 'replica', replica);
  return results;
}

/** A transaction must fit into one push. */
function refuseOversized({ batchCount, batchBytes }: OutboxOptions, drafts: readonly Drafted[]): void {
  const operations = drafts.map(({ entry }) => entry.operation);
  const isTooLarge = operations.length > batchCount || exceedsBytesAsJson(operations, batchBytes);
  if (!isTooLarge) return;
  throw new SyncError('limit', `a transaction has at most ${batchCount} writes and ${batchBytes} bytes`, {
    hint: 'Nothing was stored. Split it, or write its records one by one.',
  });
}

/** Read in the commit that writes: another tab may just have stored the refusal. */
async function refuseHopeless(transaction: Transaction, intents: readonly Intent[]): Promise<void> {
  const needed = intents.flatMap(({ options }) => options?.dependsOn ?? []);
  if (needed.length === 0) return;
  const entries = await transaction.get(tables.outbox, needed);
  const dead = entries.find((entry) => entry?.state === 'dead');
  if (dead !== undefined) throw hopeless(dead.operation.id);
}

/** Puts an operation at the end of its lane, or joins it to a neighbour that was never sent. */
function enqueue(
  lane: OpenLane,
  definition: EntityDefinition,
  {
    operation,
    order,
    now,
    mayJoin,
  }: {
    readonly operation: Operation;
    readonly order: number;
    readonly now: number;
    readonly mayJoin: boolean;
  },
): OutboxEntry {
  const last = lane.entries.at(-1);
  const joined = mayJoin && last !== undefined ? compactPair(last.operation, operation) : undefined;
  if (last === undefined || joined === undefined) {
    const entry: OutboxEntry = { operation, state: 'pending', order, enqueuedAt: now, attempts: 0 };
    lane.view = writeOver(lane.view, operation);
    lane.entries = [...lane.entries, entry];
    return entry;
  }
  const entry = { ...last, operation: joined, absorbed: [...(last.absorbed ?? []), operation.id] };
  lane.entries = [...lane.entries.slice(0, -1), entry];
  lane.view = fold(definition, lane.base, lane.entries);
  return entry;
}

function mayCompact(context: Context, entry: OutboxEntry | undefined, sent: readonly string[]): boolean {
  return (
    context.outbox.compact &&
    entry?.state === 'pending' &&
    entry.attempts === 0 &&
    !sent.includes(entry.operation.id) &&
    context.mirror.isOwn(entry.operation.id) &&
    !context.mirror.hasDependants(entry.operation.id)
  );
}

async function putRows(
  transaction: Transaction,
  drafts: readonly Drafted[],
  mark: TransactionMark | undefined,
): Promise<void> {
  const joined = drafts.filter(({ entry }) => entry.absorbed !== undefined);
  const ids = joined.map(({ entry }) => entry.operation.id);
  if (ids.length > 0) await transaction.get(tables.outbox, ids);
  for (const drafted of drafts) {
    const { definition, entry } = drafted;
    const marked =
      mark === undefined ? entry : { ...entry, operation: { ...entry.operation, transaction: mark } };
    const derived = derivationsOf(definition, marked);
    putRecord(transaction, drafted, derived?.record);
    const { id } = entry.operation;
    if (entry.absorbed === undefined) transaction.insert(tables.outbox, id, marked, derived?.entry);
    else transaction.put(tables.outbox, id, marked);
  }
}

/** `derived` is for a record that consists of this entry and nothing else. */
function putRecord(
  transaction: Transaction,
  { definition, lane: { entity, entityId, base, view, entries }, entry }: Drafted,
  derived: Derivation | undefined,
): void {
  if (view === undefined) return;
  const row = rowOf(definition, view, base, entries);
  const isAlone = base === undefined && entries.length === 1 && entries[0] === entry && row.view === view;
  transaction.put(recordTable(entity), entityId, row, isAlone ? derived : undefined);
}
