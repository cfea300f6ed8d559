import type { Operation, SyncRecord } from 'syncline';
import { keyOf, type Commit, type Holdings } from './hub.js';
import type { Ledger } from './ledger.js';
import { checkLosses } from './loss-checks.js';
import type { Report } from './promises.js';
import { authorOf, counterOf, hasSeen } from './vectors.js';
import type { Witness } from './witness.js';

/** What must hold at each commit of the server. */
export class ServerChecks {
  readonly #report: Report;
  readonly #ledger: Ledger;
  readonly #witnesses: readonly Witness[];
  readonly #holdings: () => Holdings;
  /** Every state of a record that the server had, epoch by epoch. */
  readonly #states = [new Map<string, SyncRecord[]>()];
  /** Record and author → counter of the newest operation accepted. */
  #heads = new Map<string, number>();
  readonly #latest: Operation[] = [];

  constructor(report: Report, ledger: Ledger, witnesses: readonly Witness[], holdings: () => Holdings) {
    this.#report = report;
    this.#ledger = ledger;
    this.#witnesses = witnesses;
    this.#holdings = holdings;
  }

  /** States of a record under one version, in one epoch, counted from 1: more than one where it was forgotten. */
  statesOf(key: string, version: number, epoch: number): readonly SyncRecord[] {
    return (this.#states[epoch - 1]?.get(key) ?? []).filter((state) => state.version === version);
  }

  /** Whether the server ever held this record. */
  isKnown(key: string): boolean {
    return this.#states.some((states) => states.has(key));
  }

  get wasRestored(): boolean {
    return this.#states.length > 1;
  }

  committed(commit: Commit): void {
    checkLosses(this.#report, this.#ledger, commit, this.wasRestored);
    const { records, outcomes } = commit;
    const before = new Map(records.map((each) => [keyOf(each.after.entity, each.after.id), each.before]));
    const groups = new Map<string, { readonly size: number; accepted: number }>();
    for (const { outcome, known } of outcomes) {
      const { operation, result } = outcome;
      const prior = before.get(keyOf(operation.entity, operation.entityId));
      if (known !== undefined) {
        this.#report(
          'exactly-once',
          `${operation.id} was answered ${known.result.status}, and then judged again: ${result.status}`,
        );
      }
      if (result.status === 'conflict') this.#checkConcurrent(operation, result.record.clock, 'a conflict');
      if (result.status !== 'accepted') continue;
      if (result.outcome === 'merged' || result.outcome === 'superseded')
        this.#checkConcurrent(operation, prior?.clock ?? {}, result.outcome);
      this.#checkOrder(operation);
      this.#countMember(groups, operation);
    }
    for (const [id, { size, accepted }] of groups) {
      if (accepted !== size)
        this.#report('atomic-group', `the server took ${accepted} of the ${size} operations of group ${id}`);
    }
    for (const { before: prior, after } of records) {
      this.#checkResurrection(prior, after, outcomes);
      const key = keyOf(after.entity, after.id);
      const states = this.#states.at(-1)?.get(key);
      if (states === undefined) this.#states.at(-1)?.set(key, [after]);
      else states.push(after);
    }
  }

  /** What can only be checked when the stores that moved have been read. */
  look(): void {
    for (const operation of this.#latest.splice(0)) this.#checkOvertaken(operation);
  }

  /** The server went back: so does what it has seen. */
  restored({ records }: Holdings): void {
    this.#states.push(new Map([...records].map(([key, record]) => [key, [record]])));
    this.#heads = new Map();
    for (const [key, { clock }] of records) {
      for (const [author, counter] of Object.entries(clock)) this.#heads.set(`${key} ${author}`, counter);
    }
  }

  /** Who had seen everything but their own later operations disagrees with nobody. */
  #checkConcurrent(operation: Operation, clock: SyncRecord['clock'], what: string): void {
    const { [authorOf(operation)]: _, ...others } = clock;
    if (hasSeen(operation.clock, others)) {
      this.#report('equal-clocks', `${operation.id} had seen all of ${operation.entityId}, and was ${what}`);
    }
  }

  #checkOrder(operation: Operation): void {
    const author = authorOf(operation);
    const counter = counterOf(operation);
    const lane = keyOf(operation.entity, operation.entityId);
    const head = this.#heads.get(`${lane} ${author}`) ?? 0;
    if (head >= counter)
      this.#report(
        'lane-order',
        `${operation.id} (${author}:${counter}) came after ${author}:${head} of ${lane}`,
      );
    this.#heads.set(`${lane} ${author}`, counter);
    this.#latest.push(operation);
  }

  /** Whoever was to come earlier has come, or was given up; asked when the stores that moved have been read. */
  #checkOvertaken(operation: Operation): void {
    const author = authorOf(operation);
    const lane = keyOf(operation.entity, operation.entityId);
    const witness = this.#witnesses[this.#ledger.deviceOf.get(operation.id) ?? -1];
    for (const { operation: other, state } of witness?.outbox.values() ?? []) {
      const isEarlier =
        keyOf(other.entity, other.entityId) === lane &&
        authorOf(other) === author &&
        counterOf(other) < counterOf(operation);
      if (
        !isEarlier ||
        state === 'dead' ||
        this.#holdings().outcomes.get(other.id)?.result.status === 'accepted'
      )
        continue;
      this.#report('lane-order', `${operation.id} of ${lane} overtook ${other.id}, which is ${state}`);
    }
  }

  #countMember(
    groups: Map<string, { readonly size: number; accepted: number }>,
    { transaction }: Operation,
  ): void {
    if (transaction === undefined) return;
    const group = groups.get(transaction.id) ?? { size: transaction.size, accepted: 0 };
    group.accepted++;
    groups.set(transaction.id, group);
  }

  #checkResurrection(before: SyncRecord | undefined, after: SyncRecord, outcomes: Commit['outcomes']): void {
    if (before?.deleted !== true || after.deleted === true) return;
    const mayRise = outcomes.some(({ outcome: { operation, result } }) => {
      if (
        operation.entityId !== after.id ||
        operation.entity !== after.entity ||
        result.status !== 'accepted'
      )
        return false;
      const decisions = result.decisions ?? operation.decisions ?? [];
      return (
        operation.kind === 'create' ||
        decisions.some(({ path, winner }) => path === '' && winner !== 'remote')
      );
    });
    if (!mayRise)
      this.#report('no-resurrection', `${after.entity} ${after.id} rose without anyone asking for it`);
  }
}
