import type { JsonObject } from '../contracts/json.js';
import type { FieldChange, Operation } from '../contracts/operation.js';
import { stampReplica } from '../causality/stamp.js';
import { counterOf, covers, withCounter } from '../causality/vector.js';
import { equalJson } from '../diff/canonical.js';
import { applyChanges } from '../diff/diff.js';
import { defined } from '../diff/shape.js';

/**
 * One operation that does what `first` and then `second` do, or `undefined` where that would change what a merge sees:
 * what the author saw in between must disagree with the first as it would have alone.
 *
 * Only for operations that were never sent, of one record, without a transaction or dependants. Updates are joined
 * when the second writes every path that the first wrote, so that each value keeps its own stamp; an update is always
 * joined to the create before it.
 */
export function compactPair(first: Operation, second: Operation): Operation | undefined {
  if (second.kind !== 'update' || first.kind === 'delete' || first.replaces !== undefined) return undefined;
  if (first.transaction !== undefined || second.transaction !== undefined || second.dependsOn !== undefined)
    return undefined;
  if (!hasSeenTheSame(first, second) || !isSentAlike(first, second)) return undefined;
  const changes =
    first.kind === 'create' ? intoCreate(first, second) : joinChanges(first.changes, second.changes);
  return changes && { ...first, changes, clock: second.clock, stamp: second.stamp };
}

function hasSeenTheSame({ clock }: Operation, second: Operation): boolean {
  const author = stampReplica(second.stamp);
  return covers(withCounter(clock, author, counterOf(second.clock, author)), second.clock);
}

function isSentAlike(first: Operation, second: Operation): boolean {
  return first.priority === second.priority && equalJson(first.meta, second.meta);
}

function intoCreate(create: Operation, update: Operation): FieldChange[] | undefined {
  const [root] = create.changes;
  if (create.changes.length !== 1 || root?.path !== '' || root.action !== 'set') return undefined;
  return [{ path: '', action: 'set', value: applyChanges(root.value as JsonObject, update.changes) }];
}

function joinChanges(
  first: readonly FieldChange[],
  second: readonly FieldChange[],
): FieldChange[] | undefined {
  const earlier = new Map(first.map((change) => [change.path, change]));
  const joined: FieldChange[] = [];
  for (const change of second) {
    const before = earlier.get(change.path);
    const both = before === undefined ? change : joinPair(before, change);
    if (both === undefined) return undefined;
    joined.push(both);
    earlier.delete(change.path);
  }
  return earlier.size === 0 ? joined : undefined;
}

function joinPair(before: FieldChange, after: FieldChange): FieldChange | undefined {
  if (after.action === 'set' || after.action === 'unset') {
    if (before.action !== 'set' && before.action !== 'unset') return undefined;
    const { base: _seen, baseHash: _hash, ...wanted } = after;
    const { base, baseHash } = before;
    return { ...wanted, ...defined({ base, baseHash }) };
  }
  if (after.action === 'increment' && before.action === 'increment') {
    return { ...before, value: (before.value as number) + (after.value as number) };
  }
  return undefined;
}
