import {
  SyncError,
  type Json,
  type RowRef,
  type RowRevision,
  type StorageLayout,
  type StorageWrite,
} from 'syncline';

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

/** The conditions that the writes themselves carry. */
export function conditionsOf(writes: readonly StorageWrite[]): RowRevision[] {
  return writes.flatMap(({ table, id, ifRevision }) =>
    ifRevision === undefined ? [] : [{ table, id, revision: ifRevision }],
  );
}

/** Tables and indexes of both: what an older release does not know is kept up all the same. */
export function unionOf(present: StorageLayout, wanted: StorageLayout): StorageLayout {
  const grown = Object.entries(wanted).map(
    ([name, { indexes }]) => [name, { indexes: { ...own(present, name)?.indexes, ...indexes } }] as const,
  );
  return { ...present, ...Object.fromEntries(grown) };
}

/** The JSON Pointer of an index, where the layout has that index. */
export function pointerOf(layout: StorageLayout, table: string, index: string): string | undefined {
  return own(own(layout, table)?.indexes ?? {}, index);
}

/** Any text may be a name, and an object inherits things that have names. */
function own<T>(byName: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(byName, name) ? byName[name] : undefined;
}

/** The value as JSON. Throws `validation` for what is none, a function too, of which `JSON.stringify` makes nothing. */
export function jsonOf(value: Json, what = 'a row'): string {
  let [text, cause]: [text?: string, cause?: unknown] = [];
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text === undefined) throw new SyncError('validation', `${what} is not JSON`, { cause });
  return text;
}

/** Characters of moved ids that are kept for others to follow; who is behind by more has to start again. */
export const idCharsKept = 8 * 1024 * 1024;

/** Commits from one look at the oldest ones to the next, and half of those that a look removes at most. */
export const pruneEvery = 64;

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
