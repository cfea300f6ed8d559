import type { OutboxEntry } from '../contracts/queue.js';
import { planBatches, takeBatch, type BatchLimits, type BatchPlan } from '../outbox/batch.js';
import type { MirrorMove, OutboxMirror } from './mirror.js';

/** Picks batches from the mirror; a plan serves many batches, until something is added to it. */
export class Scheduler {
  readonly #mirror: OutboxMirror;
  #plan: BatchPlan | undefined;

  constructor(mirror: OutboxMirror) {
    this.#mirror = mirror;
    mirror.listen((moves) => {
      if (moves.some(joins)) this.#plan = undefined;
    });
  }

  next(limits: BatchLimits): OutboxEntry[] {
    this.#plan ??= planBatches(this.#mirror.entries());
    return takeBatch(this.#plan, limits, (id) => this.#mirror.get(id));
  }
}

function joins({ before, after }: MirrorMove): boolean {
  return before === undefined || (after?.state === 'pending' && before.state !== 'pending');
}
