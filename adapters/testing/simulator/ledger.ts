import type { Operation, OutboxEntry } from 'syncline';
import type { Holdings } from './hub.js';
import type { WriteStep } from './steps.js';
import type { Moves, Witness } from './witness.js';

/** A call of an application, and what it was told. */
export interface Write {
  readonly step: WriteStep;
  readonly device: number;
  /** `cut`: its tab stopped before it was told. `unknown`: it was told of a failure that may be none. */
  state: 'issued' | 'resolved' | 'rejected' | 'cut' | 'unknown';
  operationId: string | undefined;
  /** For increments of a tally: the power of two that was added. */
  readonly amount: number;
  /** What the application read when its write had resolved. */
  seen?: unknown;
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
  readonly #bits = new Map<string, number>();

  /** The next power of two for a tally: the sum then tells which increments are in it. 0 when all are used up. */
  nextAmount(record: string): number {
    const bit = this.#bits.get(record) ?? 0;
    this.#bits.set(record, bit + 1);
    return bit < 53 ? 2 ** bit : 0;
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
}

function fateOfEntry({ state }: OutboxEntry): Fate {
  return state === 'dead' ? 'dead' : state === 'conflict' ? 'conflict' : 'waiting';
}
