import type { EntityDefinition } from '../contracts/entity.js';
import { SyncError } from '../errors.js';
import type { Transaction } from './committer.js';
import { tables, type MetaRows, type ReplicaRow } from './rows.js';

/** Reads who this store is, how far it has followed the server, and what the server may hold. */
export async function readMeta(transaction: Transaction): Promise<MetaRows> {
  const [replica, sync, sent] = await transaction.get(tables.meta, ['replica', 'sync', 'sent']);
  return {
    replica: replica as MetaRows['replica'],
    sync: (sync as MetaRows['sync'] | undefined) ?? { offsetMs: 0 },
    sent: (sent as MetaRows['sent'] | undefined) ?? { ids: [] },
  };
}

/**
 * Throws `SyncError` `version` where another tab, of a newer release of the application, has migrated the entity's
 * rows: what this one would make of them would be wrong.
 */
export function assertNotNewer({ name, version }: EntityDefinition, versions: ReplicaRow['versions']): void {
  const stored = Object.hasOwn(versions, name) ? (versions[name] ?? version) : version;
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
