import type { EntityDefinition } from 'syncline';
import type { Hub } from './hub.js';
import type { Fate, Ledger, Write } from './ledger.js';
import type { Report } from './promises.js';
import type { Witness } from './witness.js';

/** A write of the run, and what has come of it. */
export interface SimulatedWrite {
  readonly entity: string;
  readonly id: string;
  readonly act: string;
  /** As in `ActContext`. */
  readonly n: number;
  readonly nth: number;
  /** Number of the device that wrote it, from 0. */
  readonly device: number;
  /** `open`: nobody knows yet, or ever will: its tab stopped before it was told whether the write was stored. */
  readonly fate: 'accepted' | 'refused' | 'open';
}

/** The state of a run at which invariants are asked. */
export interface Moment {
  /** `commit`: the server has taken something in. `end`: everything was delivered, and all devices show the same. */
  readonly at: 'commit' | 'end';
  /** The records that the server holds, without the deleted ones. */
  readonly records: <T extends object>(definition: EntityDefinition<T>) => readonly T[];
  /** All writes so far, in the order in which they were made. */
  readonly writes: () => readonly SimulatedWrite[];
}

/** What must hold in your application. It throws, or returns a sentence that says what is wrong. */
export type Invariant = (moment: Moment) => string | undefined | void;

export type Invariants = Readonly<Record<string, Invariant>>;

interface Observed {
  readonly hub: Hub;
  readonly ledger: Ledger;
  readonly witnesses: readonly Witness[];
}

/** Asks each invariant, and reports those that do not hold under their own names. */
export function checkInvariants(
  report: Report,
  invariants: Invariants,
  at: Moment['at'],
  { hub, ledger, witnesses }: Observed,
): void {
  const moment: Moment = {
    at,
    records: <T extends object>({ name }: EntityDefinition<T>) =>
      [...hub.holdings.records.values()]
        .filter(({ entity, deleted }) => entity === name && deleted !== true)
        .map(({ data }) => data as unknown as T),
    writes: () =>
      ledger.writes.map((write) => told(write, ledger.fateOfWrite(write, hub.holdings, witnesses))),
  };
  for (const [name, invariant] of Object.entries(invariants)) {
    const message = ask(invariant, moment);
    if (message !== undefined) report(name, message);
  }
}

function ask(invariant: Invariant, moment: Moment): string | undefined {
  try {
    return invariant(moment) ?? undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function told({ step, nth, device, state }: Write, fate: Fate | undefined): SimulatedWrite {
  const { entity, id, act, n } = step;
  const isRefused = state === 'rejected' || fate === 'dead' || fate === 'discarded';
  return {
    entity,
    id,
    act,
    n,
    nth,
    device,
    fate: fate === 'accepted' ? fate : isRefused ? 'refused' : 'open',
  };
}
