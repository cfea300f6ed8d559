import { counterOf, covers, withCounter } from '../causality/vector.js';
import { laterStamp, stampReplica } from '../causality/stamp.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Decision, FieldChange, FieldConflict, Operation, SyncRecord } from '../contracts/operation.js';
import type { Outcome } from '../contracts/resolver.js';
import { applyChanges } from '../diff/diff.js';
import { overlapsAny } from '../diff/path-set.js';
import { defined } from '../diff/shape.js';
import { isSyncError } from '../errors.js';
import { rule } from './concurrent.js';
import { schemaProblem } from './define-entity.js';
import { raiseStamps } from './field-stamps.js';

/**
 * Decides what a record is after an operation: the only place where a record's value is ever decided.
 *
 * Pure. Client, server, simulator and inspector call it with the same inputs and get the same outcome:
 * `duplicate` (the record contains the operation), `applied` (its author had seen everything), `merged` (concurrent,
 * all decided), `superseded` (concurrent, nothing of it survived; the clock learns of it), `conflict` (a person must
 * decide; the record is untouched), `refused` (there is no such record, or the schema says no).
 *
 * @example
 * ```ts
 * import { defineEntity, lastWriteWins, reconcile } from 'syncline';
 * import { z } from 'zod';
 *
 * const note = defineEntity({ name: 'note', schema: z.object({ id: z.string(), text: z.string() }), strategy: lastWriteWins() });
 * const outcome = reconcile(note, undefined, {
 *   id: '0192f3a1-0000-7000-8000-000000000001', entity: 'note', entityId: 'n1', kind: 'create',
 *   changes: [{ path: '', action: 'set', value: { id: 'n1', text: 'hello' } }],
 *   clock: { phone: 1 }, stamp: '0192f3a1b2c3-0000-phone', schemaVersion: 1,
 * });
 * if (outcome.kind !== 'applied') throw new Error(outcome.kind);
 * ```
 */
export function reconcile(
  definition: EntityDefinition,
  record: SyncRecord | undefined,
  operation: Operation,
): Outcome {
  if (record !== undefined && isCovered(record, operation))
    return { kind: 'duplicate', record, decisions: [] };
  if (record === undefined && operation.kind === 'update') return notFound(operation);
  try {
    return record === undefined || covers(operation.clock, record.clock)
      ? reconcileSeen(definition, record, operation)
      : reconcileConcurrent(definition, record, operation);
  } catch (error) {
    if (isSyncError(error, 'validation')) return refused('validation', error.message);
    throw error;
  }
}

/** Whether the record holds the operation's effect. */
export function isCovered(record: SyncRecord | undefined, operation: Operation): boolean {
  const author = stampReplica(operation.stamp);
  return record !== undefined && counterOf(record.clock, author) >= counterOf(operation.clock, author);
}

function reconcileSeen(
  definition: EntityDefinition,
  record: SyncRecord | undefined,
  operation: Operation,
): Outcome {
  // Its author had brought the record back with an operation that was refused, and this one goes with it.
  if (record?.deleted === true && operation.kind === 'update' && !bringsBack(operation))
    return notFound(operation);
  const written = writeOver(record, operation);
  const problem = operation.kind === 'delete' ? undefined : schemaProblem(definition, written.data);
  return problem === undefined
    ? { kind: 'applied', record: written, decisions: operation.decisions ?? [] }
    : refused('validation', `${definition.name}: ${problem}`);
}

/** A decided conflict brings a deleted record back as an update, and says so. */
function bringsBack({ decisions = [] }: Operation): boolean {
  return decisions.some(({ path, winner }) => path === '' && winner !== 'remote');
}

/** What an update of a record that is not there comes to. */
export function notFound({ entity, entityId }: Operation): Outcome {
  return refused('not-found', `${entity} ${entityId} does not exist`);
}

function refused(code: 'validation' | 'not-found', message: string): Outcome {
  return { kind: 'refused', code, message, decisions: [] };
}

function reconcileConcurrent(
  definition: EntityDefinition,
  record: SyncRecord,
  operation: Operation,
): Outcome {
  const ruling = rule(definition, record, operation);
  if (ruling.conflicts.length > 0)
    return { kind: 'conflict', record, fields: ruling.conflicts, decisions: [] };
  const earlier = operation.decisions ?? [];
  const isDecidedAnew = overlapsAny(ruling.decisions.map(({ path }) => path));
  const kept = earlier.filter(({ path }) => !isDecidedAnew(path));
  const merged = write(record, operation, { ...ruling, decisions: [...kept, ...ruling.decisions] });
  if (!ruling.deleted && !ruling.superseded && schemaProblem(definition, merged.data) !== undefined) {
    const fields = ruling.writes.map((change) => sidesOf(change, ruling.decisions));
    return { kind: 'conflict', record, fields, decisions: [] };
  }
  const kind = ruling.superseded ? 'superseded' : 'merged';
  return { kind, record: merged, decisions: [...earlier, ...ruling.decisions] };
}

/** What each side wanted of a field; the value that was decided for it is no side's. */
function sidesOf({ path, value, base: present }: FieldChange, decisions: readonly Decision[]): FieldConflict {
  const decision = decisions.find((each) => each.path === path);
  const { base, local, remote } = decision ?? { base: undefined, local: value, remote: present };
  return { path, ...defined({ base, local, remote }) };
}

/**
 * The record with an operation written over it as it is: what `reconcile` does for an author who had seen everything,
 * less the schema's say.
 */
export function writeOver(record: SyncRecord | undefined, operation: Operation): SyncRecord {
  return write(record ?? nothingYet(operation), operation, {
    writes: operation.kind === 'delete' ? [] : operation.changes,
    decisions: operation.decisions ?? [],
    deleted: operation.kind === 'delete',
  });
}

/** What an operation meets where there is no record. */
export function nothingYet({ entity, entityId, stamp }: Operation): SyncRecord {
  return { entity, id: entityId, data: {}, version: 0, clock: {}, stamp };
}

interface Written {
  readonly writes: readonly FieldChange[];
  readonly decisions: readonly Decision[];
  readonly deleted: boolean;
}

function write(
  record: SyncRecord,
  operation: Operation,
  { writes, decisions, deleted }: Written,
): SyncRecord {
  const author = stampReplica(operation.stamp);
  const isNew = Object.keys(record.clock).length === 0;
  // Also where nothing is written: the record's stamp becomes that of who wrote nothing.
  const stamps = isNew ? record.stamps : raiseStamps(record, pathsOf(writes), operation.stamp);
  const explained = explainedBy(record.decisions ?? [], writes, decisions);
  const written: { -readonly [K in keyof SyncRecord]: SyncRecord[K] } = {
    entity: record.entity,
    id: record.id,
    data: applyChanges(record.data, writes),
    version: record.version,
    clock: withCounter(record.clock, author, counterOf(operation.clock, author)),
    stamp: laterStamp(record.stamp, operation.stamp),
  };
  if (stamps !== undefined) written.stamps = stamps;
  if (deleted) written.deleted = true;
  if (explained.length > 0) written.decisions = explained;
  return written;
}

/** Earlier decisions about what was not written since, and the new ones. */
function explainedBy(
  earlier: readonly Decision[],
  writes: readonly FieldChange[],
  decisions: readonly Decision[],
): readonly Decision[] {
  if (earlier.length === 0) return decisions;
  const touched = overlapsAny([...pathsOf(writes), ...pathsOf(decisions)]);
  return [...earlier.filter(({ path }) => !touched(path)), ...decisions];
}

function pathsOf(places: readonly { readonly path: string }[]): string[] {
  return places.map(({ path }) => path);
}
