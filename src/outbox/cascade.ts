import type { OutboxEntry } from '../contracts/queue.js';
import { laneOf } from './units.js';

/**
 * What goes with a refused operation: the rest of its transaction, what depends on it, and, where its record exists
 * by it alone, the later operations of that record. Each with the id of the operation that drew it along.
 */
export function cascade(
  refused: readonly string[],
  entries: readonly OutboxEntry[],
  existsWithout: (lane: string) => boolean,
): ReadonlyMap<string, string> {
  const causes = new Map<string, string>();
  const open = entries.filter(({ state }) => state !== 'dead' && state !== 'accepted');
  const byId = new Map(open.map((entry) => [entry.operation.id, entry]));
  const queue = [...refused];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    const dead = byId.get(id);
    if (dead === undefined) continue;
    for (const { operation, order } of open) {
      if (refused.includes(operation.id) || causes.has(operation.id)) continue;
      const sameGroup =
        operation.transaction !== undefined && operation.transaction.id === dead.operation.transaction?.id;
      const depends = operation.dependsOn?.includes(id) === true;
      const lane = laneOf(operation);
      const orphaned =
        dead.operation.kind === 'create' &&
        lane === laneOf(dead.operation) &&
        order > dead.order &&
        !existsWithout(lane);
      if (!sameGroup && !depends && !orphaned) continue;
      causes.set(operation.id, id);
      queue.push(operation.id);
    }
  }
  return causes;
}
