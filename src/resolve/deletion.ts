import { stampReplica } from '../causality/stamp.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Json } from '../contracts/json.js';
import type { Decision, Operation, SyncRecord } from '../contracts/operation.js';
import { contentHash } from '../diff/canonical.js';
import { defined } from '../diff/shape.js';
import { nothing, type PersonalChoice, type Ruling } from './ruling.js';

/** Either a whole ruling, or the decision that revives a tombstone for the operation's fields to be ruled on. */
type DeletionRuling =
  { readonly ruling: Ruling } | { readonly ruling?: undefined; readonly decisions: readonly Decision[] };

/** Rules where one side deleted the record; `undefined` when neither did. */
export function resolveDeletion(
  definition: EntityDefinition,
  record: SyncRecord,
  operation: Operation,
  choice: PersonalChoice | undefined,
): DeletionRuling | undefined {
  const deletes = operation.kind === 'delete';
  if (!deletes && record.deleted === undefined) return undefined;
  if (deletes && record.deleted !== undefined) return { ruling: { ...nothing, deleted: true } };
  if (deletes && operation.changes.some(({ baseHash }) => baseHash === contentHash(record.data))) {
    return { ruling: { ...nothing, deleted: true } };
  }

  const side = sideOf(definition, record, operation);
  const winner = side === 'conflict' ? choice : side;
  if (winner === undefined)
    return { ruling: { ...nothing, deleted: !deletes, conflicts: [conflictOf(record, operation)] } };
  const rule = side === 'conflict' ? 'person' : `deletes:${definition.strategy.deletes}`;
  const decision = (why: string, path = '', local?: Json) =>
    deleteDecision(record, operation, { winner, rule, why, path, ...defined({ local }) });

  if (deletes) {
    const why = winner === 'local' ? 'The deletion beats the change.' : 'The change beats the deletion.';
    return {
      ruling: {
        ...nothing,
        decisions: [decision(why)],
        deleted: winner === 'local',
        superseded: winner === 'remote',
      },
    };
  }
  if (winner === 'local') return { decisions: [decision('The change brings the deleted record back.')] };
  const lost = operation.changes.map((change) =>
    decision('The record was deleted.', change.path, change.value),
  );
  return { ruling: { ...nothing, decisions: lost, deleted: true, superseded: true } };
}

function sideOf(
  definition: EntityDefinition,
  record: SyncRecord,
  operation: Operation,
): PersonalChoice | 'conflict' {
  const deletes = operation.kind === 'delete';
  switch (definition.strategy.deletes) {
    case 'latest':
      return operation.stamp > record.stamp ? 'local' : 'remote';
    case 'local-wins':
      return 'local';
    case 'remote-wins':
      return 'remote';
    case 'delete-wins':
      return deletes ? 'local' : 'remote';
    case 'update-wins':
      return deletes ? 'remote' : 'local';
    case 'conflict':
      return 'conflict';
  }
}

/** On the path `''` an absent side is the one that deleted. */
function conflictOf(record: SyncRecord, operation: Operation): { path: string; local?: Json; remote?: Json } {
  return operation.kind === 'delete'
    ? { path: '', remote: record.data }
    : { path: '', local: valuesOf(operation) };
}

function deleteDecision(
  record: SyncRecord,
  operation: Operation,
  verdict: Pick<Decision, 'path' | 'winner' | 'rule' | 'why' | 'local'>,
): Decision {
  const deletes = operation.kind === 'delete';
  const stays = (verdict.winner === 'local') !== deletes;
  return {
    ...(verdict.path === '' ? conflictOf(record, operation) : {}),
    ...(stays && verdict.path === '' ? { result: deletes ? record.data : valuesOf(operation) } : {}),
    ...verdict,
    operationId: operation.id,
    replica: stampReplica(operation.stamp),
    remoteReplica: stampReplica(record.stamp),
  };
}

/** What the operation wanted, path by path. */
function valuesOf(operation: Operation): Json {
  return Object.fromEntries(operation.changes.map(({ path, value }) => [path, value ?? null]));
}
