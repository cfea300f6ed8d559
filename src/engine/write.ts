import type { EntityDefinition } from '../contracts/entity.js';
import type { Operation, SyncRecord, TransactionMark } from '../contracts/operation.js';
import type { OutboxEntry, OutboxOptions } from '../contracts/queue.js';
import { SyncError } from '../errors.js';
import { compactPair } from '../outbox/compact.js';
import { laneOf } from '../outbox/units.js';
import { exceedsBytesAsJson } from '../protocol/interior.js';
import { writeOver } from '../resolve/reconcile.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { fold, loadLanes, rowOf, type Lane, type LaneKey } from './lane.js';
import { author, draft, hopeless, type Intent } from './operations.js';
import { assertNotNewer, putMeta, readMeta } from './meta.js';
import { recordTable, rowOfCreated, tables } from './rows.js';
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
  const drafts: OutboxEntry[] = [];
  let { replica } = meta;
  for (const { definition } of intents) assertNotNewer(definition, meta.schema);

  const lanes = await openLanes(transaction, intents);
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
    drafts.push(entry);
    putRecord(transaction, definition, lane);
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
  await putEntries(transaction, drafts, mark);
  putMeta(transaction, 'replica', replica);
  return results;
}

/** A transaction must fit into one push. */
function refuseOversized({ batchCount, batchBytes }: OutboxOptions, drafts: readonly OutboxEntry[]): void {
  const operations = drafts.map(({ operation }) => operation);
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

/** The lane of each intent; those about one record share it. */
async function openLanes(transaction: Transaction, intents: readonly Intent[]): Promise<OpenLane[]> {
  const places = new Map<string, number>();
  const keys: LaneKey[] = [];
  const placeOf = ({ definition, id }: Intent) => {
    const key = { entity: definition.name, entityId: id };
    const lane = laneOf(key);
    const known = places.get(lane);
    if (known !== undefined) return known;
    places.set(lane, keys.length);
    return keys.push(key) - 1;
  };
  const placeOfEach = intents.map(placeOf);
  const loaded = await loadLanes(transaction, keys);
  return placeOfEach.map((place) => loaded[place]!);
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

function putRecord(transaction: Transaction, definition: EntityDefinition, lane: OpenLane): void {
  const { entity, entityId, base, view, entries } = lane;
  if (view === undefined) return;
  const row = rowOf(definition, view, base, entries);
  const [first, second] = entries;
  const isCreated = base === undefined && second === undefined && row.view === view;
  const derived =
    isCreated && first?.operation.kind === 'create' && first.absorbed === undefined
      ? { from: first.operation.id, by: rowOfCreated }
      : undefined;
  transaction.put(recordTable(entity), entityId, row, derived);
}

async function putEntries(
  transaction: Transaction,
  entries: readonly OutboxEntry[],
  mark: TransactionMark | undefined,
): Promise<void> {
  const joined = entries.filter(({ absorbed }) => absorbed !== undefined);
  if (joined.length > 0)
    await transaction.get(
      tables.outbox,
      joined.map(({ operation }) => operation.id),
    );
  for (const entry of entries) {
    const { id } = entry.operation;
    const marked =
      mark === undefined ? entry : { ...entry, operation: { ...entry.operation, transaction: mark } };
    if (entry.absorbed === undefined) transaction.insert(tables.outbox, id, marked);
    else transaction.put(tables.outbox, id, marked);
  }
}
