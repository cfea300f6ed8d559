import { stampReplica } from '../causality/stamp.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Json, JsonObject } from '../contracts/json.js';
import type {
  Decision,
  FieldChange,
  FieldConflict,
  Operation,
  Stamp,
  SyncRecord,
} from '../contracts/operation.js';
import type { FieldContext, FieldRule, FieldVerdict } from '../contracts/resolver.js';
import { contentHash, equalJson } from '../diff/canonical.js';
import { applyChanges, diffData } from '../diff/diff.js';
import { freeze } from '../diff/freeze.js';
import { isPrefix, lookup } from '../diff/pointer.js';
import { defined } from '../diff/shape.js';
import { reasonOf } from '../errors.js';
import { resolveDeletion } from './deletion.js';
import { nothing, type PersonalChoice, type Ruling } from './ruling.js';
import { fieldStamps } from './field-stamps.js';
import { leave, side } from './verdict.js';

/** Rules on an operation that is concurrent with the record, without writing it. */
export function rule(
  definition: EntityDefinition,
  record: SyncRecord,
  operation: Operation,
  choice?: PersonalChoice,
): Ruling {
  const deletion = resolveDeletion(definition, record, operation, choice);
  if (deletion?.ruling !== undefined) return deletion.ruling;
  const revived = deletion?.decisions ?? [];
  // Made anew by somebody who knew nothing of the dead one: none of its values come back with it.
  if (deletion !== undefined && operation.kind === 'create')
    return { ...nothing, writes: operation.changes, decisions: revived };
  const ruling = ruleOnFields(definition, record, operation, choice);
  return revived.length === 0
    ? ruling
    : { ...ruling, decisions: [...revived, ...ruling.decisions], superseded: false };
}

function ruleOnFields(
  definition: EntityDefinition,
  record: SyncRecord,
  operation: Operation,
  choice: PersonalChoice | undefined,
): Ruling {
  const changes = leaves(operation);
  const disagreeing = changes.filter((change) => disagrees(record.data, change));
  const contested =
    definition.strategy.granularity === 'record' && disagreeing.length > 0
      ? changes.filter((change) => !isAgreed(record.data, change))
      : disagreeing;
  const inDispute = new Set(contested);
  const stampAt = definition.strategy.granularity === 'record' ? () => record.stamp : fieldStamps(record);
  const fields = contested.map((change) => contextOf(record, operation, change, stampAt(change.path)));
  const judge = judgeOf(definition, record, operation, fields, choice);

  const writes: FieldChange[] = changes.filter(
    (change) => !inDispute.has(change) && !isAgreed(record.data, change),
  );
  const untouched = writes.length;
  const decisions: Decision[] = [];
  const conflicts: FieldConflict[] = [];
  for (const field of fields) {
    const [verdict, by] = judge(field);
    if ('conflict' in verdict) {
      conflicts.push(conflictOf(field));
      continue;
    }
    decisions.push(decisionOf(operation, field, verdict, by));
    if (!equalJson(verdict.value, field.remote)) writes.push(writeOf(field, verdict.value));
  }
  return {
    writes,
    decisions,
    conflicts,
    deleted: false,
    superseded:
      contested.length > 0 && untouched === 0 && decisions.every(({ winner }) => winner === 'remote'),
  };
}

/** The operation's changes with those to a whole record or object taken apart. */
function leaves(operation: Operation): readonly FieldChange[] {
  if (!operation.changes.some(({ path, action }) => action === 'merge' || path === ''))
    return operation.changes;
  return operation.changes.flatMap((change) => {
    if (change.action === 'set' && change.path === '') return diffData({}, change.value as JsonObject);
    if (change.action !== 'merge') return [change];
    const before = nest(change.path, change.base);
    return diffData(before, applyChanges(before, [change]));
  });
}

/** Data that holds nothing but `value` at `path`. */
function nest(path: string, value: Json | undefined): JsonObject {
  return value === undefined ? {} : applyChanges({}, [{ path, action: 'set', value }]);
}

/** Whether the record holds something there that the author had not seen, and that differs from what is wanted. */
function disagrees(data: JsonObject, change: FieldChange): boolean {
  const { value: present, blocked } = lookup(data, change.path);
  if (change.action === 'increment')
    return blocked || !(present === undefined || typeof present === 'number');
  if (change.action === 'add' || change.action === 'remove')
    return blocked || !(present === undefined || Array.isArray(present));
  if (isAgreed(data, change)) return false;
  if (blocked) return true;
  if (change.baseHash !== undefined) return present === undefined || contentHash(present) !== change.baseHash;
  return !equalJson(present, change.base);
}

/** Whether the record holds the wanted value already. */
function isAgreed(data: JsonObject, change: FieldChange): boolean {
  if (change.action !== 'set' && change.action !== 'unset') return false;
  const { value: present, blocked } = lookup(data, change.path);
  return !blocked && equalJson(present, change.value);
}

function contextOf(
  record: SyncRecord,
  operation: Operation,
  change: FieldChange,
  remoteStamp: Stamp,
): FieldContext {
  return {
    entity: record.entity,
    entityId: record.id,
    path: change.path,
    ...defined({
      base: change.base,
      local: wanted(change, record.data),
      remote: lookup(record.data, change.path).value,
    }),
    localStamp: operation.stamp,
    remoteStamp,
  };
}

/** The value its author meant to see: a change of what was there, or of what is, or of nothing. */
function wanted(change: FieldChange, present: JsonObject): Json | undefined {
  if (change.action === 'set' || change.action === 'unset') return change.value;
  const before =
    change.base === undefined && !disagrees(present, change) ? present : nest(change.path, change.base);
  return lookup(applyChanges(before, [change]), change.path).value;
}

type Judge = (field: FieldContext) => readonly [FieldVerdict, string];

function judgeOf(
  definition: EntityDefinition,
  record: SyncRecord,
  operation: Operation,
  fields: readonly FieldContext[],
  choice: PersonalChoice | undefined,
): Judge {
  const { decide, name } = definition.strategy;
  const decided = fields.length === 0 ? undefined : decide?.({ record, operation, fields });
  const judge: Judge = (field) => {
    if (decided !== undefined) return [decided(field), name];
    const chosen = ruleFor(definition, field.path);
    return [askRule(chosen, field), chosen.name];
  };
  return (field) => {
    const [verdict, by] = judge(field);
    return choice !== undefined && 'conflict' in verdict
      ? [side(field, choice, 'A person chose it.'), 'person']
      : [verdict, by];
  };
}

function askRule(rule: FieldRule, field: FieldContext): FieldVerdict {
  try {
    return rule.decide(freeze(field));
  } catch (error) {
    return leave(`The rule "${rule.name}" failed: ${reasonOf(error)}.`);
  }
}

/** The rule of the longest path that covers this one. */
export function ruleFor(definition: EntityDefinition, path: string): FieldRule {
  const { fields, otherwise } = definition.strategy;
  let longest = '';
  let best: FieldRule | undefined;
  for (const [ruled, rule] of Object.entries(fields)) {
    if (!isPrefix(ruled, path) || ruled.length < longest.length) continue;
    longest = ruled;
    best = rule;
  }
  return best ?? otherwise;
}

function writeOf(field: FieldContext, value: Json | undefined): FieldChange {
  const base = defined({ base: field.remote });
  return value === undefined
    ? { path: field.path, action: 'unset', ...base }
    : { path: field.path, action: 'set', value, ...base };
}

function conflictOf({ path, base, local, remote }: FieldContext): FieldConflict {
  return { path, ...defined({ base, local, remote }) };
}

function decisionOf(
  operation: Operation,
  field: FieldContext,
  verdict: Exclude<FieldVerdict, { conflict: true }>,
  by: string,
): Decision {
  return {
    ...conflictOf(field),
    operationId: operation.id,
    replica: stampReplica(operation.stamp),
    remoteReplica: stampReplica(field.remoteStamp),
    ...defined({ result: verdict.value }),
    winner: verdict.winner,
    rule: by,
    why: verdict.why,
  };
}
