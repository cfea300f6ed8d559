import type { Transaction } from './committer.js';
import { tables, type MetaRows } from './rows.js';

/** Reads who this store is, how far it has followed the server, and what the server may hold. */
export async function readMeta(transaction: Transaction): Promise<MetaRows> {
  const [replica, sync, sent] = await transaction.get(tables.meta, ['replica', 'sync', 'sent']);
  return {
    replica: replica as MetaRows['replica'],
    sync: (sync as MetaRows['sync'] | undefined) ?? { offsetMs: 0 },
    sent: (sent as MetaRows['sent'] | undefined) ?? { ids: [] },
  };
}

export function putMeta<K extends keyof MetaRows>(transaction: Transaction, id: K, row: MetaRows[K]): void {
  transaction.put(tables.meta, id, row);
}
