import { stampReplica } from '../causality/stamp.js';
import { counterOf, withCounter } from '../causality/vector.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { JsonObject } from '../contracts/json.js';
import type { Decision, FieldChange, Operation, SyncRecord } from '../contracts/operation.js';
import { applyChanges, diffData } from '../diff/diff.js';
import { isPrefix, lookup } from '../diff/pointer.js';
import { defined } from '../diff/shape.js';
import { rule } from './concurrent.js';
import { fieldStamps } from './field-stamps.js';
import type { Ruling } from './ruling.js';

/** What a person says to a conflict: one side for all that disagrees, or the whole record as it shall be. */
export type Settlement = 'local' | 'remote' | { readonly merged: JsonObject };

/**
 * Carries a contested operation on over a record that its author has seen by now: a new id, the same counter and
 * stamp, the disagreements decided, and the decisions with it. Without a settlement the strategy alone decides, and
 * must be able to.
 */
export function successorOf(
  definition: EntityDefinition,
  record: SyncRecord,
  operation: Operation,
  id: string,
  settlement?: Settlement,
): Operation {
  const author = stampReplica(operation.stamp);
  const ruling = rule(definition, record, operation, typeof settlement === 'object' ? 'local' : settlement);
  const merged = typeof settlement === 'object' ? settlement.merged : undefined;
  const decided = merged === undefined ? ruling.decisions : decisionsOf(record, operation, ruling, merged);
  const decisions = [...(operation.decisions ?? []), ...decided];
  return {
    ...operation,
    id,
    kind: merged === undefined && ruling.deleted ? 'delete' : 'update',
    changes: merged === undefined ? ruling.writes : changesTo(record, merged),
    clock: withCounter(record.clock, author, counterOf(operation.clock, author)),
    replaces: operation.id,
    ...(decisions.length === 0 ? {} : { decisions }),
  };
}

function changesTo(record: SyncRecord, merged: JsonObject): readonly FieldChange[] {
  return record.deleted === true
    ? [{ path: '', action: 'set', value: merged }]
    : diffData(record.data, merged);
}

/** A decision before anything is said of how it fell. */
type Sides = Omit<Decision, 'winner' | 'rule' | 'why'>;

/** A person's word on what was in dispute, and on all else that comes out otherwise than the local side would have it. */
function decisionsOf(
  record: SyncRecord,
  operation: Operation,
  { writes, decisions }: Ruling,
  merged: JsonObject,
): readonly Decision[] {
  const stampAt = fieldStamps(record);
  const others = diffData(applyChanges(record.data, writes), merged)
    .filter(({ path }) => !decisions.some((decision) => isPrefix(decision.path, path)))
    .map(({ path, base: local }): Sides => {
      const remote = lookup(record.data, path).value;
      return {
        path,
        operationId: operation.id,
        replica: stampReplica(operation.stamp),
        remoteReplica: stampReplica(stampAt(path)),
        ...defined({ local, remote }),
      };
    });
  // What was written as a whole is told as a whole.
  const parts = decisions.filter(({ path }) => !others.some((whole) => isPrefix(whole.path, path)));
  return [...parts, ...others].map((each) => writtenAnew(each, merged));
}

function writtenAnew({ result: _, ...decision }: Sides, merged: JsonObject): Decision {
  const { value, blocked } = lookup(merged, decision.path);
  return {
    ...decision,
    ...(value === undefined || blocked ? {} : { result: value }),
    winner: 'both',
    rule: 'person',
    why: 'A person wrote the value.',
  };
}
