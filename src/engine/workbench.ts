import type { EntityDefinition } from '../contracts/entity.js';
import type { SyncErrorData } from '../contracts/errors.js';
import type { Decision, Operation, SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { cascade } from '../outbox/cascade.js';
import { laneOf } from '../outbox/units.js';
import { schemaProblem } from '../resolve/define-entity.js';
import { isCovered, notFound, reconcile, writeOver } from '../resolve/reconcile.js';
import type { Transaction } from './committer.js';
import { historyMax, type Context } from './context.js';
import type { ClientEvent } from './events.js';
import { definitionOf, loadLanes, stateBefore, storeLane, type Lane, type LaneKey } from './lane.js';
import { assertNotNewer, putMeta, readMeta } from './meta.js';
import { hopeless } from './operations.js';
import { OutboxRows } from './outbox-rows.js';
import { tables, type HistoryRow } from './rows.js';
import { settleContested, unsettled, type Settled } from './settle.js';

/** A lane while a unit of work changes it. */
export interface OpenLane {
  readonly definition: EntityDefinition;
  readonly loaded: Lane;
  base: SyncRecord | undefined;
  entries: readonly OutboxEntry[];
}

/**
 * Where lanes are taken apart and put together again within one unit of work: answers to a push, a pulled run, and
 * the verbs of the outbox all come down to moving bases and taking operations out of lanes.
 */
export class Workbench {
  readonly #context: Context;
  readonly #transaction: Transaction;
  readonly #lanes = new Map<string, OpenLane>();
  readonly #accepted: OutboxEntry[] = [];
  readonly #rows: OutboxRows;
  /** Put back in its lane on purpose: the server is asked, even where it looks hopeless. */
  readonly #sentAgain = new Set<string>();
  readonly #restored = new Set<string>();
  readonly #refused = new Map<string, SyncErrorData>();
  #sent: ReadonlySet<string> = new Set();
  /** What to tell once the work is durable. */
  readonly events: ClientEvent[] = [];
  /**
   * The server holds an operation under this replica's name that this store never sent: the store is a copy, or has
   * one.
   */
  identityLost = false;

  constructor(context: Context, transaction: Transaction) {
    this.#context = context;
    this.#transaction = transaction;
    this.#rows = new OutboxRows(transaction);
  }

  async open(keys: readonly LaneKey[]): Promise<void> {
    const { sent, schema } = await readMeta(this.#transaction, 'sent', 'schema');
    this.#sent = new Set(sent.ids);
    const fresh = new Map<string, LaneKey>();
    for (const key of keys) {
      const lane = laneOf(key);
      if (!this.#lanes.has(lane) && this.#context.entities.has(key.entity)) fresh.set(lane, key);
    }
    for (const loaded of await loadLanes(this.#transaction, [...fresh.values()])) {
      const definition = definitionOf(this.#context, loaded.entity);
      assertNotNewer(definition, schema);
      this.#lanes.set(laneOf(loaded), {
        definition,
        loaded,
        base: loaded.base,
        entries: loaded.entries,
      });
    }
  }

  lane(key: LaneKey): OpenLane | undefined {
    return this.#lanes.get(laneOf(key));
  }

  /** Opens the lanes that these entries are in. */
  openFor(entries: readonly OutboxEntry[]): Promise<void> {
    return this.open(entries.map(({ operation }) => operation));
  }

  /** The server has it, and so has the base. */
  accept(lane: OpenLane, entry: OutboxEntry): void {
    this.#accepted.push(entry);
    this.#take(lane, entry.operation.id);
    this.#rows.drop(entry.operation.id);
  }

  /** Puts an entry in place of the one with its id, or of the one it replaces. */
  put(lane: OpenLane, { entry, replaces }: Settled): void {
    const { id } = entry.operation;
    lane.entries = lane.entries.map((each) => (each.operation.id === (replaces ?? id) ? entry : each));
    if (replaces === undefined) return this.#rows.put(entry);
    this.#rows.succeed(replaces, entry);
    this.tellMerged(entry.operation, entry.operation.decisions ?? []);
  }

  /** Values met, and were decided here or at the server. */
  tellMerged(
    { entity, entityId }: Pick<Operation, 'entity' | 'entityId'>,
    decisions: readonly Decision[],
  ): void {
    if (decisions.length > 0) this.events.push({ kind: 'merged', entity, entityId, decisions });
  }

  /** Puts an entry that the server once had back in its lane, in the order of writing. */
  restore(lane: OpenLane, entry: OutboxEntry): void {
    this.#restored.add(entry.operation.id);
    if (lane.entries.some(({ operation }) => operation.id === entry.operation.id))
      return this.put(lane, { entry });
    this.#insert(lane, entry);
    this.#rows.insert(entry);
  }

  /** Puts a new entry at its place in the lane, for a dead letter that is sent again. */
  replace(lane: OpenLane, entry: OutboxEntry, letter: string): void {
    this.#insert(lane, entry);
    this.#rows.succeed(letter, entry);
  }

  /** Refused for good: a dead letter, and what needs it goes along when the workbench closes. */
  refuse(id: string, error: SyncErrorData): void {
    this.#refused.set(id, error);
  }

  /** Moves a lane's base: covered operations leave, contested ones are decided, hopeless ones are refused. */
  rebase(lane: OpenLane, base: SyncRecord | undefined): void {
    lane.base = base;
    for (const entry of lane.entries) {
      const isHeld = entry.state === 'accepted' && (base?.version ?? 0) >= (entry.awaitsVersion ?? 0);
      if (!isHeld && !isCovered(base, entry.operation)) continue;
      if (this.#wasSent(entry)) this.accept(lane, entry);
      else this.identityLost = true;
    }
    for (const entry of lane.entries) {
      if (
        entry.state === 'conflict' ||
        (entry.state === 'contested' && (base?.version ?? 0) >= (entry.awaitsVersion ?? 0))
      ) {
        this.#settle(lane, entry);
      }
    }
    if (base !== undefined) return;
    // The record is not there any more, and what was accepted is not ours to show.
    for (const entry of lane.entries) if (entry.state === 'accepted') this.accept(lane, entry);
  }

  /** Refuses what waits to change a record that is not there, unless something before it brings the record back. */
  #letGo({ definition, base, entries }: OpenLane): void {
    const isThere = base !== undefined && base.deleted === undefined;
    if (isThere && !entries.some(({ operation }) => operation.kind === 'delete')) return;
    let present = base;
    for (const { operation, state } of entries) {
      if (state === 'contested' || state === 'conflict') return;
      const outcome = reconcile(definition, present, operation);
      if (outcome.kind === 'conflict' && !isPartOfNothing(definition, present, operation)) return;
      const known = outcome.kind === 'conflict' ? notFound(operation) : outcome;
      if (known.kind !== 'refused') present = known.record;
      else if (state === 'pending' && known.code === 'not-found' && !this.#sentAgain.has(operation.id))
        this.refuse(operation.id, { code: known.code, message: known.message });
    }
  }

  /** Writes everything back. */
  async close(): Promise<void> {
    await this.#buryAll();
    for (const id of this.#sentAgain) {
      const dead = this.#rows.get(id)?.operation.dependsOn?.find((needed) => this.#refused.has(needed));
      if (dead !== undefined) throw hopeless(dead);
    }
    for (const lane of this.#lanes.values()) {
      if (isChanged(lane))
        storeLane(this.#transaction, lane.definition, lane.loaded, lane.base, lane.entries);
    }
    await this.#rows.store(this.#context.mirror);
    this.#storeSent();
    await this.#remember();
  }

  #settle(lane: OpenLane, entry: OutboxEntry): void {
    const settled = settleContested(this.#context, lane.definition, stateBefore(lane, entry), entry);
    if ('dead' in settled) return this.refuse(entry.operation.id, settled.dead);
    this.put(lane, settled);
    if (settled.entry.state === 'conflict' && entry.state !== 'conflict')
      this.events.push({ kind: 'conflict', entry: settled.entry });
  }

  /** Adds an entry to its lane, in the order of writing. */
  #insert(lane: OpenLane, entry: OutboxEntry): void {
    lane.entries = [...lane.entries, entry].sort((a, b) => a.order - b.order);
    this.#sentAgain.add(entry.operation.id);
  }

  #take(lane: OpenLane, id: string): void {
    lane.entries = lane.entries.filter(({ operation }) => operation.id !== id);
  }

  /** What is refused may leave others without the record that they were to change. */
  async #buryAll(): Promise<void> {
    for (let refused = -1; refused < this.#refused.size;) {
      refused = this.#refused.size;
      await this.#bury();
      for (const lane of this.#lanes.values()) if (isChanged(lane)) this.#letGo(lane);
    }
  }

  /** Turns what was refused, and what goes with it, into dead letters. */
  async #bury(): Promise<void> {
    if (this.#refused.size === 0) return;
    // Whoever writes moves this row: with another tab's write in between, this work runs again and knows of it.
    await readMeta(this.#transaction, 'replica');
    const entries = await this.#rows.entries();
    const exists = (lane: string) => {
      const base = this.#lanes.get(lane)?.base;
      return base !== undefined && base.deleted === undefined;
    };
    for (const [id, because] of cascade([...this.#refused.keys()], entries, exists)) {
      this.#refused.set(id, {
        code: 'rejected',
        message: `goes with ${because}`,
        operationId: id,
        details: { because },
      });
    }
    const dead = entries.filter(
      ({ operation, state }) => this.#refused.has(operation.id) && state !== 'dead',
    );
    await this.openFor(dead);
    for (const entry of dead) {
      const { operation } = entry;
      const lane = this.lane(operation);
      if (!lane?.entries.some((each) => each.operation.id === operation.id)) continue;
      const error = this.#refused.get(operation.id)!;
      const letter: OutboxEntry = { ...unsettled(entry), state: 'dead', error };
      this.#take(lane, operation.id);
      this.#rows.put(letter);
      this.events.push({ kind: 'dead-letter', entry: letter });
    }
  }

  #wasSent({ operation, state }: OutboxEntry): boolean {
    return state !== 'pending' || this.#restored.has(operation.id) || this.#sent.has(operation.id);
  }

  /** Notes which operations that wait may be with the server already. */
  #storeSent(): void {
    const before = this.#sent;
    const mayBeThere = [...before, ...this.#restored].filter((id) => this.#rows.mayWait(id));
    const after = new Set(mayBeThere);
    const isSame = after.size === before.size && mayBeThere.every((id) => before.has(id));
    if (!isSame) putMeta(this.#transaction, 'sent', { ids: [...after] });
  }

  /** Keeps the newest accepted operations, in a ring. */
  async #remember(): Promise<void> {
    const kept = this.#accepted.slice(-historyMax);
    const slots = kept.map(({ order }) => String(order % historyMax));
    await this.#transaction.get(tables.history, slots);
    kept.forEach((entry, at) => {
      const row: HistoryRow = { entry, at: this.#context.runtime.now() };
      this.#transaction.put(tables.history, slots[at]!, row);
    });
  }
}

/** Whether an update changes a deleted record whose other fields this device never had. */
function isPartOfNothing(definition: EntityDefinition, record: SyncRecord | undefined, operation: Operation) {
  return (
    record?.deleted === true && schemaProblem(definition, writeOver(record, operation).data) !== undefined
  );
}

function isChanged({ loaded, base, entries }: OpenLane): boolean {
  return base !== loaded.base || entries !== loaded.entries;
}
