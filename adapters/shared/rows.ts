import { SyncError, type RowRef, type StorageWrite } from 'syncline';

/** Table in which a storage keeps what it could not read: the place as id, the text as value. */
export const quarantineTable = '$quarantine';

/** Rows that a commit moved: ids by table. */
export type MovedRows = Readonly<Record<string, readonly string[]>>;

export function refsOf(moved: MovedRows): RowRef[] {
  return Object.entries(moved).flatMap(([table, ids]) => ids.map((id) => ({ table, id })));
}

/** Ids by table. Throws `validation` where one row is written twice. */
export function movedBy(writes: readonly StorageWrite[]): MovedRows {
  const byTable = new Map<string, Set<string>>();
  for (const { table, id } of writes) {
    const ids = byTable.get(table) ?? new Set();
    if (ids.has(id)) {
      throw new SyncError('validation', `one commit writes ${table}/${id} twice`, {
        hint: 'Write each row once.',
      });
    }
    byTable.set(table, ids.add(id));
  }
  return Object.fromEntries(Array.from(byTable, ([table, ids]) => [table, [...ids]]));
}

export function notOpen(): SyncError {
  return new SyncError('storage-closed', 'the storage is not open', { hint: 'Open it, or make a new one.' });
}

export function noSuchTable(name: string): SyncError {
  return new SyncError('validation', `there is no table '${name}'`);
}

export function noSuchIndex(name: string): SyncError {
  return new SyncError('validation', `there is no index '${name}'`);
}

export function conflictOn(rows: readonly RowRef[]): SyncError {
  return new SyncError('storage-conflict', `${rows.length} rows were written by somebody else`, {
    hint: 'Read the rows again and decide again.',
    details: { rows: rows.map(({ table, id }) => ({ table, id })) },
  });
}
