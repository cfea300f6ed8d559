import type { OutboxEntry } from '../contracts/queue.js';
import { planBatches, takeBatch, type BatchLimits, type BatchPlan } from '../outbox/batch.js';
import type { MirrorMove, OutboxMirror } from './mirror.js';

/** Picks batches from the mirror; a plan serves many batches, until something is added to it. */
export function createScheduler(mirror: OutboxMirror): (limits: BatchLimits) => OutboxEntry[] {
  let plan: BatchPlan | undefined;
  mirror.listen((moves) => {
    if (moves.some(joins)) plan = undefined;
  });
  return (limits) => {
    plan ??= planBatches(mirror.entries());
    return takeBatch(plan, limits, (id) => mirror.get(id));
  };
}

function joins({ before, after }: MirrorMove): boolean {
  return before === undefined || (after?.state === 'pending' && before.state !== 'pending');
}
