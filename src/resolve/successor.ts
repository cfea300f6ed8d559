import { stampReplica } from '../causality/stamp.js';
import { counterOf, withCounter } from '../causality/vector.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { JsonObject } from '../contracts/json.js';
import type { Decision, FieldChange, Operation, SyncRecord } from '../contracts/operation.js';
import { diffData } from '../diff/diff.js';
import { lookup } from '../diff/pointer.js';
import { rule } from './concurrent.js';

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
  const decided =
    merged === undefined ? ruling.decisions : ruling.decisions.map((each) => writtenAnew(each, merged));
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

function writtenAnew({ result: _, ...decision }: Decision, merged: JsonObject): Decision {
  const { value, blocked } = lookup(merged, decision.path);
  return {
    ...decision,
    ...(value === undefined || blocked ? {} : { result: value }),
    winner: 'both',
    rule: 'person',
    why: 'A person wrote the value.',
  };
}
