import type { TransactionMark } from '../contracts/operation.js';

/** What is decided together: one operation, or all of a transaction group. */
export interface Unit<T> {
  readonly operations: readonly T[];
  /** Why the group cannot be taken in. */
  readonly problem?: string;
}

/** Units in the order of the batch. A group's members follow one another, or it is not whole. */
export function unitsOf<T extends { readonly transaction?: TransactionMark } | object>(
  operations: readonly T[],
): Unit<T>[] {
  const groups: { readonly mark: TransactionMark | undefined; readonly operations: T[] }[] = [];
  const seen = new Set<string>();
  const scattered = new Set<string>();
  for (const operation of operations) {
    const mark = markOf(operation);
    const last = groups.at(-1);
    if (mark !== undefined && last?.mark?.id === mark.id) {
      last.operations.push(operation);
      continue;
    }
    if (mark !== undefined && seen.has(mark.id)) scattered.add(mark.id);
    if (mark !== undefined) seen.add(mark.id);
    groups.push({ mark, operations: [operation] });
  }
  return groups.map(({ mark, operations: members }) => {
    const whole =
      mark === undefined ||
      (!scattered.has(mark.id) && members.every((member) => markOf(member)?.size === members.length));
    return whole
      ? { operations: members }
      : { operations: members, problem: `transaction ${mark.id} is not whole` };
  });
}

function markOf(operation: object): TransactionMark | undefined {
  return 'transaction' in operation ? (operation.transaction as TransactionMark | undefined) : undefined;
}
