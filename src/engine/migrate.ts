import type { EntityDefinition } from '../contracts/entity.js';
import type { JsonObject } from '../contracts/json.js';
import type { FieldChange, Operation, SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { equalJson } from '../diff/canonical.js';
import { applyChanges, diffData } from '../diff/diff.js';
import { toJson } from '../diff/json.js';
import { overlapsAny } from '../diff/path-set.js';
import { lookup } from '../diff/pointer.js';
import { isJsonArray, ownValue } from '../diff/shape.js';
import { SyncError } from '../errors.js';
import { writeOver } from '../resolve/reconcile.js';
import { Workbench, type OpenLane } from './workbench.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { assertNotNewer } from './meta.js';
import { startOver } from './pull.js';
import { recordTable, type SchemaRow } from './rows.js';

/**
 * Brings rows that were written under an older schema along. A pending operation is carried by migrating the states
 * around it and taking the difference again; none is dropped.
 */
export async function migrateRecords(
  context: Context,
  transaction: Transaction,
  schema: SchemaRow,
): Promise<void> {
  for (const definition of context.entities.values()) {
    assertNotNewer(definition, schema);
    const from = ownValue(schema.versions, definition.name);
    if (from === undefined) continue;
    const before = ownValue(schema.excluded ?? {}, definition.name) ?? [];
    const exclude = definition.local?.exclude ?? [];
    // What was kept out before is not here to be shown: the server is asked for all of it.
    if (before.some((path) => !exclude.includes(path))) await startOver(transaction);
    if (from === definition.version && exclude.every((path) => before.includes(path))) continue;
    const rows = await transaction.all(recordTable(definition.name));
    const keys = Array.from(rows.keys(), (entityId) => ({ entity: definition.name, entityId }));
    const workbench = new Workbench(context, transaction);
    await workbench.open(keys);
    for (const key of keys) {
      const lane = workbench.lane(key);
      if (lane === undefined) continue;
      if (from !== definition.version) migrateLane(workbench, lane, from);
      // Stored anew in any case, without what is excluded.
      lane.entries = [...lane.entries];
    }
    await workbench.close();
  }
}

function migrateLane(workbench: Workbench, lane: OpenLane, from: number): void {
  const { definition } = lane;
  let before = lane.base;
  let migrated = lane.base && migrateRecord(definition, lane.base, from);
  lane.base = migrated;
  for (const entry of lane.entries) {
    const after = writeOver(before, entry.operation);
    const carried = carry(definition, migrated, entry, after, from);
    workbench.put(lane, { entry: carried });
    before = after;
    migrated = writeOver(migrated, carried.operation);
  }
}

function carry(
  definition: EntityDefinition,
  migrated: SyncRecord | undefined,
  entry: OutboxEntry,
  after: SyncRecord,
  from: number,
): OutboxEntry {
  const { operation } = entry;
  if (operation.kind === 'delete')
    return { ...entry, operation: { ...operation, schemaVersion: definition.version } };
  const data = migrateData(definition, after.data, from);
  const changes: Operation['changes'] =
    operation.kind === 'create'
      ? [{ path: '', action: 'set', value: data }]
      : changesBetween(definition, migrated?.data ?? {}, data, operation);
  return { ...entry, operation: { ...operation, changes, schemaVersion: definition.version } };
}

/** The difference; but an increment is still one, and so is a member added, where it leads to the same place. */
function changesBetween(
  { strategy }: EntityDefinition,
  before: JsonObject,
  after: JsonObject,
  { changes }: Operation,
): readonly FieldChange[] {
  const kept = changes.filter((change) => commutes(change) && leadsThere(before, after, change));
  const isKept = overlapsAny(kept.map(({ path }) => path));
  const others = diffData(before, after, (path) => Object.hasOwn(strategy.fields, path));
  return [...kept, ...others.filter(({ path }) => !isKept(path))];
}

function commutes({ action }: FieldChange): boolean {
  return action === 'increment' || action === 'add' || action === 'remove';
}

function leadsThere(before: JsonObject, after: JsonObject, change: FieldChange): boolean {
  const { value: present, blocked } = lookup(before, change.path);
  const fits = change.action === 'increment' ? typeof present === 'number' : isJsonArray(present);
  if (blocked || !fits) return false;
  const wanted = lookup(after, change.path).value;
  return equalJson(lookup(applyChanges(before, [change]), change.path).value, wanted);
}

function migrateRecord(definition: EntityDefinition, record: SyncRecord, from: number): SyncRecord {
  return { ...record, data: migrateData(definition, record.data, from) };
}

/** Throws `SyncError` `validation` where the application's `migrate` fails. It may change the copy that it is given. */
export function migrateData(
  { name, version, migrate }: EntityDefinition,
  data: JsonObject,
  from: number,
): JsonObject {
  if (migrate === undefined) return data;
  let result = data;
  try {
    for (let at = from; at < version; at++) {
      const copy = toJson(result, { copies: true }) as JsonObject;
      result = toJson(migrate(copy, at) ?? copy) as JsonObject;
    }
    return result;
  } catch (cause) {
    throw new SyncError('validation', `${name}: migrating ${from} to ${version} failed: ${String(cause)}`, {
      cause,
      hint: 'Nothing was changed. Mend `migrate`, and open the store again.',
    });
  }
}
