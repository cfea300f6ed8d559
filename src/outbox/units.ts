import type { Operation } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';

/** What is sent together: one operation, or all of a transaction group. */
export interface Unit {
  readonly entries: readonly OutboxEntry[];
  readonly priority: number;
  readonly order: number;
}

/** Lane of an operation: all operations of one record. */
export function laneOf({ entity, entityId }: Pick<Operation, 'entity' | 'entityId'>): string {
  return `${entity}/${entityId}`;
}

/** Units of entries that are in the order of writing. */
export function unitsOf(entries: readonly OutboxEntry[]): Unit[] {
  const groups = new Map<string, OutboxEntry[]>();
  for (const entry of entries) {
    const key = entry.operation.transaction?.id ?? entry.operation.id;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()].map((group) => ({
    entries: group,
    priority: Math.max(...group.map(({ operation }) => operation.priority ?? 0)),
    order: Math.min(...group.map(({ order }) => order)),
  }));
}
