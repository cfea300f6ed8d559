import {
  reconcile,
  type EntityDefinition,
  type Operation,
  type OutboxEntry,
  type SyncRecord,
} from 'syncline';
import { keyOf, type Holdings } from './hub.js';
import type { Ledger, Write } from './ledger.js';
import type { Report } from './promises.js';
import type { ServerChecks } from './server-checks.js';
import { authorOf, counterOf, differences, hasSeen, textOf } from './vectors.js';
import { baseOf, type Moves, type StoredLane, type Witness } from './witness.js';

/** What must hold of a device's store after each of its commits. */
export class DeviceChecks {
  readonly #report: Report;
  readonly #ledger: Ledger;
  readonly #server: ServerChecks;
  readonly #holdings: () => Holdings;
  readonly #definitionOf: (entity: string) => EntityDefinition;
  /** Members of each transaction group, as their authors wrote them. */
  readonly #groups = new Map<string, Map<string, Operation>>();
  readonly #groupsOf = new Map<string, Set<string>>();
  /** Record → author's counters → clock of that operation. */
  readonly #clocks = new Map<string, Map<string, SyncRecord['clock']>>();

  constructor(
    report: Report,
    ledger: Ledger,
    server: ServerChecks,
    holdings: () => Holdings,
    definitionOf: (entity: string) => EntityDefinition,
  ) {
    this.#definitionOf = definitionOf;
    this.#report = report;
    this.#ledger = ledger;
    this.#server = server;
    this.#holdings = holdings;
  }

  /** Takes in what was written, on any device, before anything is checked. */
  learn({ entries }: Moves): void {
    for (const { after } of entries) {
      if (after === undefined) continue;
      const { operation } = after;
      const lane = keyOf(operation.entity, operation.entityId);
      const clocks = this.#clocks.get(lane) ?? new Map<string, SyncRecord['clock']>();
      this.#clocks.set(lane, clocks.set(`${authorOf(operation)} ${counterOf(operation)}`, operation.clock));
      if (operation.transaction !== undefined) this.#learnMember(operation, operation.transaction.id, lane);
    }
  }

  check(device: string, witness: Witness, { lanes, entries }: Moves): void {
    for (const { id, after } of entries) if (after === undefined) this.#checkGone(device, witness, id);
    const groups = new Set<string>();
    for (const key of lanes) {
      const lane = witness.lanes.get(key);
      if (lane !== undefined) this.#checkLane(device, witness, key, lane);
      for (const group of this.#groupsOf.get(key) ?? []) groups.add(group);
    }
    // After a restore, what an operation was written on may be missing until its own author sends it again.
    if (this.#server.wasRestored) return;
    for (const group of groups) this.#checkGroup(device, witness, group);
  }

  /** A write has resolved: it is durable, and it is read. */
  checkWrite(device: string, witness: Witness, { operationId, step }: Write): void {
    if (operationId === undefined) return;
    const fate = this.#ledger.fateOf(operationId, this.#holdings(), witness);
    if (fate === 'lost')
      this.#report('no-lost-write', `write ${step.n} resolved on ${device}, and ${operationId} is nowhere`);
    const entry = witness.outbox.get(operationId);
    if (entry === undefined || entry.state === 'dead') return;
    const lane = witness.lanes.get(keyOf(step.entity, step.id));
    if (lane?.pending?.includes(operationId) === true) return;
    this.#report(
      'read-your-writes',
      `write ${step.n} resolved on ${device}, and ${operationId} is not in the view of ${step.id}`,
    );
  }

  #learnMember(operation: Operation, group: string, lane: string): void {
    const members = this.#groups.get(group) ?? new Map<string, Operation>();
    members.set(`${lane} ${counterOf(operation)}`, operation);
    this.#groups.set(group, members);
    this.#groupsOf.set(lane, (this.#groupsOf.get(lane) ?? new Set()).add(group));
  }

  #checkGone(device: string, witness: Witness, id: string): void {
    if (witness.outbox.has(id)) return;
    if (this.#ledger.fateOf(id, this.#holdings(), witness) !== 'lost') return;
    this.#report('no-lost-write', `${id} left the outbox of ${device}, and is nowhere`);
  }

  #checkLane(device: string, witness: Witness, key: string, lane: StoredLane): void {
    const base = baseOf(lane);
    if (base !== undefined && base.version > 0) this.#checkBase(device, key, base, witness.epoch);
    const entries = (lane.pending ?? [])
      .map((id) => witness.outbox.get(id))
      .filter((entry) => entry !== undefined);
    if (entries.length !== (lane.pending?.length ?? 0))
      this.#report('no-lost-write', `${device} shows operations of ${key} that its outbox does not hold`);
    const folded = fold(this.#definitionOf(key.slice(0, key.indexOf('/'))), base, entries);
    if (folded !== undefined && textOf(folded) !== textOf(lane.view)) {
      this.#report('prediction', `${device} shows ${key} with ${differences(lane.view, folded)}`);
    }
    // A restored server may be sent an effect before what it was based on, by another device.
    if (!this.#server.wasRestored) this.#checkCauses(device, key, lane.view);
  }

  /** A base is a state the server had. Of those within one of its transactions only the last is known. */
  #checkBase(device: string, key: string, base: SyncRecord, epoch: number): void {
    const clock = textOf(base.clock);
    const states = this.#server
      .statesOf(key, base.version, epoch)
      .filter((state) => textOf(state.clock) === clock);
    const held = comparable(base);
    const [state] = states;
    if (state === undefined || states.some((each) => textOf(comparable(each)) === textOf(held))) return;
    this.#report(
      'prediction',
      `${device} holds ${key} at version ${base.version} with ${differences(held, comparable(state))}`,
    );
  }

  #checkCauses(device: string, key: string, { clock }: SyncRecord): void {
    const clocks = this.#clocks.get(key);
    for (const [author, counter] of Object.entries(clock)) {
      const cause = clocks?.get(`${author} ${counter}`);
      if (cause !== undefined && !hasSeen(clock, cause)) {
        this.#report(
          'causal-base',
          `${device} shows ${author}:${counter} of ${key} without what it was based on: ${textOf(cause)} in ${textOf(clock)}`,
        );
      }
    }
  }

  #checkGroup(device: string, witness: Witness, group: string): void {
    const members = [...(this.#groups.get(group)?.values() ?? [])];
    if (members.some(({ id }) => this.#ledger.wasGivenUp(id))) return;
    const { records } = this.#holdings();
    const shown = members.map((operation) => {
      const key = keyOf(operation.entity, operation.entityId);
      const lane = witness.lanes.get(key);
      if (lane === undefined && !records.has(key) && this.#server.isKnown(key)) return undefined;
      return (lane?.view.clock[authorOf(operation)] ?? 0) >= counterOf(operation);
    });
    if (shown.includes(true) && shown.includes(false)) {
      const parts = members.map(({ entityId }, at) => `${entityId}: ${shown[at] === true ? 'yes' : 'no'}`);
      this.#report('atomic-group', `${device} shows a part of group ${group}: ${parts.join(', ')}`);
    }
  }
}

/** The view that follows from a base; `undefined` where a person must decide, and the author's own values are shown. */
function fold(
  definition: EntityDefinition,
  base: SyncRecord | undefined,
  entries: readonly OutboxEntry[],
): SyncRecord | undefined {
  let view = base;
  for (const { operation } of entries) {
    const outcome = reconcile(definition, view, operation);
    if (outcome.kind === 'conflict') return undefined;
    if (outcome.kind !== 'refused') view = outcome.record;
  }
  return view;
}

/** A deleted record has no content that anybody sees, and a pull does not bring it. */
function comparable({ decisions, stamps, data, ...record }: SyncRecord): object {
  return record.deleted === true ? record : { ...record, data, decisions, stamps };
}
