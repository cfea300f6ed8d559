import type { SyncRecord } from 'syncline';
import type { Device } from './device.js';
import type { Holdings } from './hub.js';
import type { Ledger } from './ledger.js';
import type { Report } from './promises.js';
import { textOf } from './vectors.js';
import type { Witness } from './witness.js';

interface Ended {
  readonly ledger: Ledger;
  readonly holdings: Holdings;
  readonly devices: readonly Device[];
  readonly witnesses: readonly Witness[];
  /** Whether the server was ever taken back to a backup. */
  readonly wasRestored: boolean;
}

/** What must hold once everything was delivered and everyone has pulled. */
export function checkEnd(report: Report, ended: Ended): void {
  checkConvergence(report, ended);
  const { ledger, holdings, witnesses } = ended;
  for (const write of ledger.writes) {
    const { step, operationId } = write;
    const fate = ledger.fateOfWrite(write, holdings, witnesses);
    if (fate === 'lost' || fate === 'history')
      report('no-lost-write', `write ${step.n} (${operationId}) resolved, and is ${fate}`);
  }
  checkLetters(report, ended);
}

/** What the server may say no for: rights, its schema, a record that is gone, being put off too often; and what goes with that. */
const refusals = new Set(['forbidden', 'validation', 'not-found', 'busy', 'rejected']);

/** Nothing dies of bad weather, nor of a device that does not speak the protocol. */
function checkLetters(report: Report, { holdings, ledger, witnesses, wasRestored }: Ended): void {
  for (const { operation, state, error } of witnesses.flatMap(({ outbox }) => [...outbox.values()])) {
    if (state !== 'dead' || refusals.has(error?.code ?? '')) continue;
    // A restored server has forgotten what was contested, and so that something else carries it on.
    const comes = (id: string) => (wasRestored ? holdings.outcomes.has(id) : ledger.isAccepted(id, holdings));
    const waitsInVain = operation.dependsOn?.some((id) => !comes(id)) === true;
    if (error?.code === 'blocked' && waitsInVain) continue;
    report('no-surprise', `${operation.id} died of '${error?.code}': ${error?.message}`);
  }
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
