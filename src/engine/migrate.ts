import type { EntityDefinition } from '../contracts/entity.js';
import type { JsonObject } from '../contracts/json.js';
import type { Operation, SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { diffData } from '../diff/diff.js';
import { SyncError } from '../errors.js';
import { writeOver } from '../resolve/reconcile.js';
import { Bench, type OpenLane } from './bench.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import { recordTable } from './rows.js';

/**
 * Brings rows that were written under an older schema along. A pending operation is carried by migrating the states
 * around it and taking the difference again; none is dropped.
 */
export async function migrateRecords(
  context: Context,
  transaction: Transaction,
  versions: Readonly<Record<string, number>>,
): Promise<void> {
  for (const definition of context.entities.values()) {
    const from = versions[definition.name] ?? definition.version;
    if (from > definition.version) {
      throw new SyncError(
        'version',
        `${definition.name} was stored under schema version ${from}; this code knows ${definition.version}`,
        {
          hint: 'Reload the application: another tab runs a newer one. Nothing was changed.',
        },
      );
    }
    if (from === definition.version) continue;
    const ids = [...(await transaction.all(recordTable(definition.name))).keys()];
    const bench = new Bench(context, transaction);
    await bench.open(ids.map((id) => ({ entity: definition.name, id })));
    for (const id of ids) {
      const lane = bench.lane(definition.name, id);
      if (lane !== undefined) migrateLane(bench, lane, from);
    }
    await bench.close();
  }
}

function migrateLane(bench: Bench, lane: OpenLane, from: number): void {
  const { definition } = lane;
  let before = lane.base;
  let migrated = lane.base && migrateRecord(definition, lane.base, from);
  lane.base = migrated;
  for (const entry of lane.entries) {
    const after = writeOver(before, entry.operation);
    const carried = carry(definition, migrated, entry, after, from);
    bench.put(lane, { entry: carried });
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
      : diffData(migrated?.data ?? {}, data);
  return { ...entry, operation: { ...operation, changes, schemaVersion: definition.version } };
}

function migrateRecord(definition: EntityDefinition, record: SyncRecord, from: number): SyncRecord {
  return { ...record, data: migrateData(definition, record.data, from) };
}

function migrateData(definition: EntityDefinition, data: JsonObject, from: number): JsonObject {
  let result = data;
  for (let version = from; version < definition.version; version++)
    result = definition.migrate?.(result, version) ?? result;
  return result;
}
