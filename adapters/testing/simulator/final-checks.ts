import type { SyncRecord } from 'syncline';
import { tally } from './catalogue.js';
import type { Device } from './device.js';
import { keyOf, type Holdings } from './hub.js';
import type { Fate, Ledger, Write } from './ledger.js';
import type { Report } from './promises.js';
import { textOf } from './vectors.js';
import type { Witness } from './witness.js';

interface Ended {
  readonly ledger: Ledger;
  readonly holdings: Holdings;
  readonly devices: readonly Device[];
  readonly witnesses: readonly Witness[];
}

/** What must hold once everything was delivered and everyone has pulled. */
export function checkEnd(report: Report, ended: Ended): void {
  checkConvergence(report, ended);
  const fates = new Map<Write, Fate | undefined>();
  for (const write of ended.ledger.writes) fates.set(write, fateOf(write, ended));
  for (const [{ step, operationId }, fate] of fates) {
    if (fate === 'lost' || fate === 'history')
      report('no-lost-write', `write ${step.n} (${operationId}) resolved, and is ${fate}`);
  }
  checkTallies(report, ended, fates);
  checkLetters(report, ended);
}

/** What the server may say no for: rights, its schema, a record that is gone, being put off too often; and what goes with that. */
const refusals = new Set(['forbidden', 'validation', 'not-found', 'busy', 'rejected']);

/** Nothing dies of bad weather, nor of a device that does not speak the protocol. */
function checkLetters(report: Report, { holdings, ledger, witnesses }: Ended): void {
  for (const { operation, state, error } of witnesses.flatMap(({ outbox }) => [...outbox.values()])) {
    if (state !== 'dead' || refusals.has(error?.code ?? '')) continue;
    const waitsInVain = operation.dependsOn?.some((id) => !ledger.isAccepted(id, holdings)) === true;
    if (error?.code === 'blocked' && waitsInVain) continue;
    report('no-surprise', `${operation.id} died of '${error?.code}': ${error?.message}`);
  }
}

function fateOf(
  { state, operationId, device }: Write,
  { ledger, holdings, witnesses }: Ended,
): Fate | undefined {
  const witness = witnesses[device];
  if (state !== 'resolved' || operationId === undefined || witness === undefined) return undefined;
  const fate = ledger.fateOf(operationId, holdings, witness);
  // A restored server is sent what it had acknowledged lately; what is older is as old as the backup.
  return fate === 'lost' && witness.forgotten.has(operationId) ? undefined : fate;
}

function checkConvergence(report: Report, { holdings, devices, witnesses }: Ended): void {
  devices.forEach((device, at) => {
    const lanes = witnesses[at]?.lanes ?? new Map<string, never>();
    for (const [key, record] of holdings.records) {
      const lane = lanes.get(key);
      if (lane?.pending !== undefined) continue;
      const [here, there] = [contentOf(lane?.view), contentOf(record)];
      if (here !== there)
        report(
          'convergence',
          `${device.name} shows ${key} as\n    ${here}\n  and the server holds\n    ${there}`,
        );
    }
    for (const [key, lane] of lanes) {
      if (holdings.records.has(key) || lane.pending !== undefined || lane.view.deleted === true) continue;
      report('convergence', `${device.name} shows ${key}, which the server does not hold`);
    }
  });
}

function contentOf(record: SyncRecord | undefined): string {
  if (record === undefined) return 'nothing';
  const { version, clock, data, deleted } = record;
  return `version ${version} ${textOf(clock)} ${deleted === true ? 'deleted' : textOf(data)}`;
}

/** Each increment is a power of two of its own, and each member is named after its write. */
function checkTallies(
  report: Report,
  { holdings, ledger }: Ended,
  fates: ReadonlyMap<Write, Fate | undefined>,
): void {
  for (const key of new Set(
    ledger.writes.filter(({ step }) => step.entity === tally).map(({ step }) => keyOf(step.entity, step.id)),
  )) {
    const writes = ledger.writes.filter(({ step }) => keyOf(step.entity, step.id) === key);
    const data = holdings.records.get(key)?.data ?? {};
    const [sum, members] = [
      BigInt((data['count'] as number | undefined) ?? 0),
      (data['tags'] as readonly string[] | undefined) ?? [],
    ];
    let [expected, open] = [0n, 0n];
    for (const write of writes) {
      const { step, amount } = write;
      const isOpen = write.state !== 'rejected' && fates.get(write) === undefined;
      const isIn = fates.get(write) === 'accepted';
      if (step.act === 'increment') {
        if (isIn) expected |= BigInt(amount);
        if (isOpen) open |= BigInt(amount);
      } else if (step.act === 'add' && !isOpen) {
        const times = members.filter((member) => member === `w${step.n}`).length;
        if (times !== (isIn ? 1 : 0)) report('exactly-once', `${key} holds member w${step.n} ${times} times`);
      }
    }
    if ((sum & ~open) !== (expected & ~open))
      report(
        'exactly-once',
        `${key} counts ${sum.toString(2)}, and the accepted increments are ${expected.toString(2)}`,
      );
  }
}
