import { stampReplica } from '../causality/stamp.js';
import { counterOf } from '../causality/vector.js';
import type { Operation } from '../contracts/operation.js';
import type { StoredOutcome, StoreTransaction } from '../contracts/server-store.js';
import type { OperationResult, PushAnswer } from '../contracts/transport.js';
import type { ParsedPush, RefusedOperation } from '../protocol/requests.js';
import { refusal } from '../protocol/refusals.js';
import type { ServerContext, Writer } from './context.js';
import { formatCursor, parseCursor } from './cursor.js';
import { judge, type Verdict } from './judge.js';
import { readable } from './readable.js';
import { unitsOf, type Unit } from './units.js';
import { Working } from './working.js';

type Incoming = Operation | RefusedOperation;

/**
 * Takes in a batch in one transaction: the effects, the answers and the ids that were answered are there together, or
 * none of them is.
 */
export async function push(
  context: ServerContext,
  writer: Writer,
  request: ParsedPush,
): Promise<Pick<PushAnswer, 'results' | 'cursor'>> {
  refuseOutdated(context, request.operations);
  if (await isOfAnotherEpoch(context, request.cursor)) return { results: request.operations.map(putOff) };
  const { results, seq } = await commit(context, writer, (transaction) =>
    takeIn(context, writer, transaction, request.operations),
  );
  const cursor = await cursorAfter(context, request.cursor, seq);
  return { results, ...(cursor === undefined ? {} : { cursor }) };
}

/**
 * Whether the sender has not heard of a restore yet. What it was acknowledged by the old server it must send first, or
 * its counters in a record's clock would seem to hold what they do not.
 */
async function isOfAnotherEpoch({ store }: ServerContext, cursor: string | undefined): Promise<boolean> {
  const position = cursor === undefined ? undefined : parseCursor(cursor);
  return position !== undefined && position.epoch !== (await store.epoch());
}

function putOff({ id }: Incoming): OperationResult {
  return { id, status: 'retry', code: 'epoch-changed' };
}

/** Where a sender stands that had pulled all there was before its push: it need not be told what it did itself. */
async function cursorAfter(
  { store }: ServerContext,
  before: string | undefined,
  seq: number | undefined,
): Promise<string | undefined> {
  const position = before === undefined ? undefined : parseCursor(before);
  if (position === undefined || seq !== position.seq + 1 || position.epoch !== (await store.epoch()))
    return undefined;
  return formatCursor({ ...position, seq });
}

/** What came of a batch, and where in the space's order, if it changed anything. */
interface Taken {
  readonly results: OperationResult[];
  readonly seq: number | undefined;
}

/** Takes something in as one transaction, and rings the bus when that moved the space. */
export async function commit(
  context: ServerContext,
  writer: Writer,
  work: (transaction: StoreTransaction) => Promise<Taken>,
): Promise<Taken> {
  const { space } = writer;
  const { results, seq } = await context.store.transact(space, work);
  if (seq !== undefined) context.bus?.publish({ space, seq });
  return { results: await Promise.all(results.map((result) => readable(context, writer, result))), seq };
}

/** What `push` does inside its transaction. */
export async function takeIn(
  context: ServerContext,
  writer: Writer,
  transaction: StoreTransaction,
  operations: readonly Incoming[],
): Promise<Taken> {
  const known = await transaction.findOutcomes([...new Set(operations.flatMap(namedIds))]);
  const contested = [...known.values()].filter(({ result }) => result.status === 'conflict');
  const working = await Working.load(transaction, [
    ...operations,
    ...contested.map(({ operation }) => operation),
  ]);
  const batch = new Batch(context, writer, working, known);
  for (const unit of unitsOf(operations)) await batch.take(unit);

  const seq = working.isChanged ? await transaction.seq() : undefined;
  if (seq !== undefined) await transaction.save(working.saved(seq));
  // What was answered itself is not answered by what carries it on.
  const outcomes = new Map([...batch.carriedOn, ...batch.outcomes].map((each) => [each.operation.id, each]));
  if (outcomes.size > 0) await transaction.recordOutcomes([...outcomes.values()]);
  return { results: operations.map(({ id }) => batch.resultOf(id)), seq };
}

/** One batch on its way through: what was answered so far, and what that holds up. */
class Batch {
  readonly outcomes: StoredOutcome[] = [];
  /** For operations that this server has no answer to, and that others have carried on. */
  readonly carriedOn: StoredOutcome[] = [];
  readonly #results = new Map<string, OperationResult>();
  /** Record → the operation that holds up all later ones of it. */
  readonly #stopped = new Map<string, string>();

  constructor(
    readonly context: ServerContext,
    readonly writer: Writer,
    readonly working: Working,
    readonly known: ReadonlyMap<string, StoredOutcome>,
  ) {}

  resultOf(id: string): OperationResult {
    const result = this.#results.get(id);
    if (result === undefined) throw new Error(`operation ${id} was not answered`);
    return result;
  }

  /** All operations of a unit share one fate: the first that is not accepted takes the others with it. */
  async take(unit: Unit<Incoming>): Promise<void> {
    const draft = this.working.draft();
    const verdicts: Verdict[] = [];
    for (const operation of unit.operations) {
      const verdict = await this.#verdict(operation, unit, draft);
      verdicts.push(verdict);
      if (verdict.result.status === 'accepted') continue;
      this.#stop(unit, operation, verdict);
      return;
    }
    draft.commit();
    for (const verdict of verdicts) this.#keep(verdict);
  }

  async #verdict(operation: Incoming, unit: Unit<Incoming>, draft: Working): Promise<Verdict> {
    if ('refused' in operation)
      return { result: { id: operation.id, status: 'rejected', ...operation.refused } };
    const answered = this.known.get(operation.id);
    if (answered !== undefined) {
      const { id } = operation;
      if (isSameWrite(answered.operation, operation)) return { result: repeated(answered, draft) };
      const message = `the id ${id} belongs to another write`;
      return { result: { id, status: 'rejected', code: 'id-taken', message } };
    }
    if (unit.problem !== undefined) {
      return { result: { id: operation.id, status: 'rejected', code: 'protocol', message: unit.problem } };
    }
    const by = this.#stopped.get(draft.keyOf(operation)) ?? this.#unmetNeed(operation, unit);
    if (by !== undefined) return { result: { id: operation.id, status: 'blocked', by } };
    return judge(this.context, this.writer, draft, this.known, operation);
  }

  /** The first operation this one depends on that is not accepted. */
  #unmetNeed(operation: Operation, unit: Unit<Incoming>): string | undefined {
    const isMet = (id: string) =>
      unit.operations.some((member) => member.id === id) ||
      (this.#results.get(id) ?? this.known.get(id)?.result)?.status === 'accepted' ||
      this.#wasDecided(this.known.get(id));
    return operation.dependsOn?.find((id) => !isMet(id));
  }

  /** Whether a contested operation has been carried on since: what does so keeps its counter. */
  #wasDecided(contested: StoredOutcome | undefined): boolean {
    if (contested?.result.status !== 'conflict') return false;
    const { clock, stamp } = contested.operation;
    const author = stampReplica(stamp);
    return (
      counterOf(this.working.record(contested.operation)?.clock ?? {}, author) >= counterOf(clock, author)
    );
  }

  #stop(unit: Unit<Incoming>, culprit: Incoming, verdict: Verdict): void {
    this.#keep({ ...verdict, result: this.#withHeldRecord(culprit, verdict.result) });
    const by = verdict.result.status === 'blocked' ? verdict.result.by : culprit.id;
    for (const operation of unit.operations) {
      const lane = this.working.keyOf(operation);
      if (!this.#stopped.has(lane)) this.#stopped.set(lane, by);
      if (operation === culprit) continue;
      this.#results.set(operation.id, { id: operation.id, status: 'blocked', by });
    }
  }

  /** A conflict is with what is held, and not with what earlier members of a group that stops here had made of it. */
  #withHeldRecord(culprit: Incoming, result: OperationResult): OperationResult {
    const record = this.working.record(culprit);
    return result.status === 'conflict' && record !== undefined ? { ...result, record } : result;
  }

  #keep({ result, operation }: Verdict): void {
    this.#results.set(result.id, result);
    if (operation === undefined) return;
    const at = Math.floor(this.context.runtime.now());
    this.outcomes.push({ operation, result: withoutRecord(result), at });
    const { replaces } = operation;
    const record = this.working.record(operation);
    if (result.status === 'rejected' || replaces === undefined || this.known.has(replaces) || !record) return;
    // A restored server has lost its answer to what this carries on, and others may depend on that.
    const contested = { id: replaces, status: 'conflict', conflictId: replaces, record, fields: [] } as const;
    this.carriedOn.push({ operation: { ...operation, id: replaces }, result: contested, at });
  }
}

/** The ids whose answers matter to an operation. */
function namedIds(operation: Incoming): string[] {
  if ('refused' in operation) return [];
  const { id, dependsOn = [], replaces } = operation;
  return replaces === undefined ? [id, ...dependsOn] : [id, ...dependsOn, replaces];
}

/** A migration or a new replica id changes much of an operation that may have been sent, but neither of these. */
function isSameWrite(a: Operation, b: Operation): boolean {
  return a.entity === b.entity && a.entityId === b.entityId && ownCounter(a) === ownCounter(b);
}

function ownCounter({ clock, stamp }: Operation): number {
  return counterOf(clock, stampReplica(stamp));
}

/** The answer given once, with the record as it is now. */
function repeated({ operation, result }: StoredOutcome, working: Working): OperationResult {
  const record = working.record(operation);
  if (result.status === 'accepted') {
    return {
      id: result.id,
      status: 'accepted',
      outcome: 'duplicate',
      version: record?.version ?? result.version,
      ...(record === undefined ? {} : { record }),
    };
  }
  return result.status === 'conflict' && record !== undefined ? { ...result, record } : result;
}

/** The present record is sent along when an accepted answer is repeated, so the one of that day need not be kept. */
function withoutRecord(result: OperationResult): OperationResult {
  if (result.status !== 'accepted' || result.record === undefined) return result;
  const { record: _, ...kept } = result;
  return kept;
}

function refuseOutdated({ minVersions }: ServerContext, operations: readonly Incoming[]): void {
  for (const operation of operations) {
    const minVersion = minVersions.get(operation.entity);
    if ('refused' in operation || minVersion === undefined || operation.schemaVersion >= minVersion) continue;
    throw refusal('schema-outdated', `${operation.entity} is taken from schema version ${minVersion} on`, {
      details: { entity: operation.entity, minVersion, replica: stampReplica(operation.stamp) },
    });
  }
}
