import type { EntityDefinition } from '../contracts/entity.js';
import { ownValue } from '../diff/shape.js';
import { SyncError } from '../errors.js';
import type { Transaction } from './committer.js';
import { tables, type MetaRows, type SchemaRow } from './rows.js';

/**
 * Reads rows of `meta`. Only those that matter: a commit fails when a row that it read was moved, and every write of
 * every tab moves `replica`.
 */
export async function readMeta<K extends keyof MetaRows>(
  transaction: Transaction,
  ...ids: readonly [K, ...K[]]
): Promise<Pick<MetaRows, K>> {
  const rows = await transaction.get(tables.meta, ids);
  const read: Record<string, unknown> = {};
  ids.forEach((id, at) => (read[id] = rows[at] ?? absent[id]));
  return read as Pick<MetaRows, K>;
}

const absent: Partial<MetaRows> = { sync: { offsetMs: 0 }, sent: { ids: [] }, schema: { versions: {} } };

/**
 * Throws `SyncError` `version` where another tab, of a newer release of the application, has migrated the entity's
 * rows: what this one would make of them would be wrong.
 */
export function assertNotNewer({ name, version }: EntityDefinition, { versions }: SchemaRow): void {
  const stored = ownValue(versions, name) ?? version;
  if (stored <= version) return;
  throw new SyncError(
    'version',
    `${name} is stored under schema version ${stored}; this code knows ${version}`,
    {
      hint: 'Reload the application: another tab runs a newer one. Nothing was changed.',
    },
  );
}

export function putMeta<K extends keyof MetaRows>(transaction: Transaction, id: K, row: MetaRows[K]): void {
  transaction.put(tables.meta, id, row);
}
