import type { Operation, OutboxEntry } from 'syncline';
import { keyOf, type Holdings } from './hub.js';
import type { WriteStep } from './steps.js';
import type { Moves, Witness } from './witness.js';

/** A call of an application, and what it was told. */
export interface Write {
  readonly step: WriteStep;
  readonly device: number;
  /** `cut`: its tab stopped before it was told. `unknown`: it was told of a failure that may be none. */
  state: 'issued' | 'resolved' | 'rejected' | 'cut' | 'unknown';
  operationId: string | undefined;
  /** How many writes of this act were made to this record before. */
  readonly nth: number;
  /** Why it was refused. */
  error?: unknown;
}

/** Where an operation has come to. `history`: acknowledged by a server that has since been restored. */
export type Fate = 'accepted' | 'waiting' | 'conflict' | 'dead' | 'discarded' | 'history' | 'lost';

/** All that was ever written, kept apart from the parts that are being tested. */
export class Ledger {
  readonly writes: Write[] = [];
  /** Every operation that was ever durable on a device. */
  readonly operations = new Map<string, Operation>();
  readonly deviceOf = new Map<string, number>();
  /** Operations that were dead letters once. */
  readonly refused = new Set<string>();
  /** Operation → discards that have succeeded, or may have. */
  readonly #discards = new Map<string, number>();
  readonly #successors = new Map<string, string>();
  readonly #made = new Map<string, number>();

  /** Counts the writes of one act to one record, from 0. */
  nextOf({ entity, id, act }: WriteStep): number {
    const key = `${act} ${keyOf(entity, id)}`;
    const nth = this.#made.get(key) ?? 0;
    this.#made.set(key, nth + 1);
    return nth;
  }

  follow(device: number, { entries }: Moves): void {
    for (const { id, after } of entries) {
      if (after === undefined) continue;
      this.operations.set(id, after.operation);
      this.deviceOf.set(id, device);
      if (after.state === 'dead') this.refused.add(id);
      const { replaces } = after.operation;
      if (replaces !== undefined) this.#successors.set(replaces, id);
    }
  }

  /** Counted when it is asked for: a tab may stop before it is told. */
  discard(id: string, by = 1): void {
    this.#discards.set(id, (this.#discards.get(id) ?? 0) + by);
  }

  isDiscarded(id: string): boolean {
    return (this.#discards.get(id) ?? 0) > 0;
  }

  /** Whether it, or what carries it on, was refused or discarded. */
  wasGivenUp(id: string): boolean {
    for (let at: string | undefined = id; at !== undefined; at = this.#successors.get(at)) {
      if (this.refused.has(at) || this.isDiscarded(at)) return true;
    }
    return false;
  }

  /** Whether the server holds it, or what carries it on. */
  isAccepted(id: string, holdings: Holdings): boolean {
    for (let at: string | undefined = id; at !== undefined; at = this.#successors.get(at)) {
      if (holdings.outcomes.get(at)?.result.status === 'accepted') return true;
    }
    return false;
  }

  fateOf(id: string, holdings: Holdings, witness: Witness): Fate {
    for (let at: string | undefined = id; at !== undefined; at = this.#successors.get(at)) {
      if (holdings.outcomes.get(at)?.result.status === 'accepted') return 'accepted';
      const entry = witness.outbox.get(at);
      if (entry !== undefined) return fateOfEntry(entry);
      if (this.isDiscarded(at)) return 'discarded';
      for (const held of witness.history.values()) if (held.operation.id === at) return 'history';
    }
    return 'lost';
  }

  /** The same for a write; `undefined` while nobody was told that it is stored. */
  fateOfWrite(
    { state, operationId, device }: Write,
    holdings: Holdings,
    witnesses: readonly Witness[],
  ): Fate | undefined {
    const witness = witnesses[device];
    if (state !== 'resolved' || operationId === undefined || witness === undefined) return undefined;
    const fate = this.fateOf(operationId, holdings, witness);
    // A restored server is sent what it had acknowledged lately; what is older is as old as the backup.
    return fate === 'lost' && witness.forgotten.has(operationId) ? undefined : fate;
  }
}

function fateOfEntry({ state }: OutboxEntry): Fate {
  return state === 'dead' ? 'dead' : state === 'conflict' ? 'conflict' : 'waiting';
}
