import type { EntityDefinition } from '../contracts/entity.js';
import type { Operation, SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { SyncError, type SyncErrorOptions } from '../errors.js';
import { nothingYet, reconcile, writeOver } from '../resolve/reconcile.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { baseOf, recordTable, tables, type RecordRow } from './rows.js';

/** One record with its pending operations, loaded for a unit of work. */
export interface Lane extends LaneKey {
  readonly view: SyncRecord | undefined;
  readonly base: SyncRecord | undefined;
  /** Operations that the view holds and the base does not, in order. */
  readonly entries: readonly OutboxEntry[];
}

export type LaneKey = Pick<Operation, 'entity' | 'entityId'>;

/**
 * Loads the lane of each key, with one read for all records of an entity and one for all their operations. Keys of one
 * record share a lane.
 */
export async function loadLanes(transaction: Transaction, keys: readonly LaneKey[]): Promise<Lane[]> {
  const rows: (RecordRow | undefined)[] = [];
  const groups = placesByEntity(keys);
  for (const [entity, places] of groups) {
    const ids = places.map((place) => keys[place]!.entityId);
    const found = await transaction.get(recordTable(entity), ids);
    places.forEach((place, at) => (rows[place] = found[at]));
  }
  const ids = rows.flatMap((row) => row?.pending ?? none);
  const found = ids.length === 0 ? none : await transaction.get(tables.outbox, ids);
  const entries = new Map(ids.map((id, at) => [id, found[at]]));
  const lanes: Lane[] = [];
  for (const [entity, places] of groups) {
    const loaded = new Map<string, Lane>();
    for (const place of places) {
      const entityId = keys[place]!.entityId;
      const row = rows[place];
      const pending = row?.pending?.map((each) => entries.get(each)).filter((entry) => entry !== undefined);
      const lane = loaded.get(entityId) ?? {
        entity,
        entityId,
        view: row?.view,
        base: baseOf(row),
        entries: pending ?? none,
      };
      loaded.set(entityId, lane);
      lanes[place] = lane;
    }
  }
  return lanes;
}

const none: readonly never[] = [];

/** Stores a lane's new base and operations; the view follows from them. */
export function storeLane(
  transaction: Transaction,
  definition: EntityDefinition,
  lane: Lane,
  base: SyncRecord | undefined,
  entries: readonly OutboxEntry[],
): void {
  const view = fold(definition, base, entries);
  const table = recordTable(lane.entity);
  const [first] = entries;
  if (view !== undefined) transaction.put(table, lane.entityId, rowOf(definition, view, base, entries));
  else if (first === undefined) transaction.delete(table, lane.entityId);
  else {
    // Nothing to read, and operations that still wait: updates of a record that the server does not hold any more.
    const unseen: SyncRecord = { ...nothingYet(first.operation), deleted: true };
    transaction.put(table, lane.entityId, rowOf(definition, unseen, base, entries));
  }
}

/** Writes from before a field was excluded may still wait; what they come to is not kept. */
export function rowOf(
  definition: EntityDefinition,
  view: SyncRecord,
  base: SyncRecord | undefined,
  entries: readonly OutboxEntry[],
): RecordRow {
  const kept = (record: SyncRecord) => definition.local?.kept(record) ?? record;
  return entries.length === 0
    ? { view: kept(view) }
    : {
        view: kept(view),
        base: base === undefined ? null : kept(base),
        pending: entries.map(({ operation }) => operation.id),
      };
}

/**
 * The view: pending operations over the base, each decided by `reconcile`.
 *
 * An operation that waits for a person is shown as its author wrote it; one that can never apply is left out.
 */
export function fold(
  definition: EntityDefinition,
  base: SyncRecord | undefined,
  entries: readonly Pick<OutboxEntry, 'operation'>[],
): SyncRecord | undefined {
  let view = base;
  for (const { operation } of entries) {
    const outcome = reconcile(definition, view, operation);
    if (outcome.kind === 'conflict') view = writeOver(view, operation);
    else if (outcome.kind !== 'refused') view = outcome.record;
  }
  return view;
}

/** What an operation of a lane meets: the base, with the operations before it. */
export function stateBefore(
  { definition, base, entries }: Pick<Lane, 'base' | 'entries'> & { readonly definition: EntityDefinition },
  { operation: { id } }: OutboxEntry,
): SyncRecord | undefined {
  const place = entries.findIndex(({ operation }) => operation.id === id);
  return fold(definition, base, entries.slice(0, place));
}

/** Throws `SyncError` `validation` for an operation of a person whose outcome the schema refuses. */
export function refuseInvalid(
  definition: EntityDefinition,
  state: SyncRecord | undefined,
  operation: Operation,
  options: SyncErrorOptions,
): void {
  const outcome = reconcile(definition, state, operation);
  if (outcome.kind === 'refused' && outcome.code === 'validation')
    throw new SyncError('validation', outcome.message, options);
}

/** The definition of an entity; throws `SyncError` `validation` for one that was never declared. */
export function definitionOf({ entities }: Pick<Context, 'entities'>, name: string): EntityDefinition {
  const definition = entities.get(name);
  if (definition !== undefined) return definition;
  throw new SyncError('validation', `unknown entity '${name}'`, {
    hint: 'List it in the `entities` of the client.',
  });
}

function placesByEntity(keys: readonly LaneKey[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  keys.forEach(({ entity }, place) => {
    const group = groups.get(entity);
    if (group === undefined) groups.set(entity, [place]);
    else group.push(place);
  });
  return groups;
}
