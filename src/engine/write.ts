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

interface OpenLane {
  readonly definition: EntityDefinition;
  readonly base: SyncRecord | undefined;
  view: SyncRecord | undefined;
  entries: OutboxEntry[];
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
  const sent = new Set(meta.sent.ids);
  const now = correctedNow(context.runtime, meta.sync);
  const drafts = new Map<string, OutboxEntry>();
  let { replica } = meta;
  for (const { definition } of intents) assertNotNewer(definition, meta.schema);

  const lanes = await openLanes(transaction, intents);
  const groupId = grouped ? context.runtime.uuid() : undefined;
  const results: WriteResult[] = [];
  for (const intent of intents) {
    const lane = lanes.get(laneOf({ entity: intent.definition.name, entityId: intent.id }));
    if (lane === undefined) throw new SyncError('internal', `no lane for ${intent.id}`);
    const { kind, changes } = draft(intent, lane.view);
    if (changes.length === 0) {
      results.push({ entityId: intent.id, operationId: undefined });
      continue;
    }
    const authored = author(
      replica,
      { kind, changes },
      {
        definition: intent.definition,
        id: intent.id,
        view: lane.view,
        now,
        uuid: context.runtime.uuid(),
        options: intent.options,
      },
    );
    replica = authored.replica;
    const mayJoin = !grouped && mayCompact(context, lane.entries.at(-1), sent);
    const entry = enqueue(lane, { operation: authored.operation, order: replica.counter, now, mayJoin });
    drafts.set(entry.operation.id, entry);
    context.mirror.claim(entry.operation.id);
    results.push({ entityId: intent.id, operationId: entry.operation.id });
  }
  if (drafts.size === 0) return results;
  if (grouped) refuseOversized(context.outbox, drafts);
  await refuseHopeless(transaction, intents);
  if (context.mirror.size + drafts.size > context.outbox.capacity) {
    throw new SyncError('limit', `the outbox is full (${context.outbox.capacity})`, {
      hint: 'Nothing was stored. Let it drain, or raise outbox.capacity.',
    });
  }

  const mark = groupId === undefined ? undefined : { id: groupId, size: drafts.size };
  await store(transaction, lanes.values(), drafts, mark);
  putMeta(transaction, 'replica', replica);
  return results;
}

/** A transaction must fit into one push. */
function refuseOversized(
  { batchCount, batchBytes }: OutboxOptions,
  drafts: ReadonlyMap<string, OutboxEntry>,
): void {
  const operations = [...drafts.values()].map(({ operation }) => operation);
  const isTooLarge = operations.length > batchCount || exceedsBytesAsJson(operations, batchBytes);
  if (!isTooLarge) return;
  throw new SyncError('limit', `a transaction has at most ${batchCount} writes and ${batchBytes} bytes`, {
    hint: 'Nothing was stored. Split it, or write its records one by one.',
  });
}

/** Read in the commit that writes: another tab may just have stored the refusal. */
async function refuseHopeless(transaction: Transaction, intents: readonly Intent[]): Promise<void> {
  const needed = intents.flatMap(({ options }) => options?.dependsOn ?? []);
  const entries = await transaction.get(tables.outbox, needed);
  const dead = entries.find((entry) => entry?.state === 'dead');
  if (dead !== undefined) throw hopeless(dead.operation.id);
}

async function openLanes(
  transaction: Transaction,
  intents: readonly Intent[],
): Promise<Map<string, OpenLane>> {
  const keys = new Map<string, LaneKey & { readonly definition: EntityDefinition }>();
  for (const { definition, id } of intents)
    keys.set(laneOf({ entity: definition.name, entityId: id }), { entity: definition.name, id, definition });
  const loaded = await loadLanes(transaction, [...keys.values()]);
  const lanes = new Map<string, OpenLane>();
  for (const [lane, { definition }] of keys) {
    const { base, view, entries } = loaded[lanes.size] ?? absent;
    lanes.set(lane, { definition, base, view, entries: [...entries] });
  }
  return lanes;
}

const absent: Pick<Lane, 'base' | 'view' | 'entries'> = { base: undefined, view: undefined, entries: [] };

/** Puts an operation at the end of its lane, or joins it to a neighbour that was never sent. */
function enqueue(
  lane: OpenLane,
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
    lane.entries.push(entry);
    return entry;
  }
  const entry = { ...last, operation: joined, absorbed: [...(last.absorbed ?? []), operation.id] };
  lane.entries[lane.entries.length - 1] = entry;
  lane.view = fold(
    lane.definition,
    lane.base,
    lane.entries.map((each) => each.operation),
  );
  return entry;
}

function mayCompact(context: Context, entry: OutboxEntry | undefined, sent: ReadonlySet<string>): boolean {
  return (
    context.outbox.compact &&
    entry?.state === 'pending' &&
    entry.attempts === 0 &&
    !sent.has(entry.operation.id) &&
    context.mirror.isOwn(entry.operation.id) &&
    !context.mirror.hasDependants(entry.operation.id)
  );
}

async function store(
  transaction: Transaction,
  lanes: Iterable<OpenLane>,
  drafts: ReadonlyMap<string, OutboxEntry>,
  mark: TransactionMark | undefined,
): Promise<void> {
  for (const { definition, base, view, entries } of lanes) {
    if (view === undefined || !entries.some(({ operation }) => drafts.has(operation.id))) continue;
    const row = rowOf(definition, view, base, entries);
    const [first, second] = entries;
    const isCreated = base === undefined && second === undefined && row.view === view;
    const derived =
      isCreated && first?.operation.kind === 'create' && first.absorbed === undefined
        ? { from: first.operation.id, by: rowOfCreated }
        : undefined;
    transaction.put(recordTable(definition.name), view.id, row, derived);
  }
  await transaction.get(
    tables.outbox,
    [...drafts.values()]
      .filter(({ absorbed }) => absorbed !== undefined)
      .map(({ operation }) => operation.id),
  );
  for (const [id, entry] of drafts) {
    const marked =
      mark === undefined ? entry : { ...entry, operation: { ...entry.operation, transaction: mark } };
    if (entry.absorbed === undefined) transaction.insert(tables.outbox, id, marked);
    else transaction.put(tables.outbox, id, marked);
  }
}
