import { request } from '../../shared/idb/connection.js';
import { idCharsKept, pruneEvery, type MovedRows } from '../../shared/rows.js';

/** The newest commits, for other tabs to follow. */
export const commitStore = '$commits';

export interface CommitRow {
  readonly revision: number;
  /** Whose it is, and which of theirs. */
  readonly ticket: string;
  readonly moved: MovedRows;
  /** Characters of the ids moved, up to and with this commit. */
  readonly chars: number;
}

/** The commit `seen`, and those after it. `unknown`: they are not all there any more. `gone`: not even `seen` is. */
export async function commitsSince(
  transaction: IDBTransaction,
  seen: number,
): Promise<readonly CommitRow[] | 'unknown' | 'gone'> {
  const store = transaction.objectStore(commitStore);
  const found = (await request(store.getAll(IDBKeyRange.lowerBound(seen)))) as CommitRow[];
  const [first] = found;
  if (first === undefined) return seen === 0 ? [] : 'gone';
  return first.revision <= seen + 1 ? found : 'unknown';
}

export async function newestRevision(transaction: IDBTransaction): Promise<number> {
  const cursor = await request(transaction.objectStore(commitStore).openKeyCursor(null, 'prev'));
  return (cursor?.key as number | undefined) ?? 0;
}

/** Adds the commit after `last`. */
export async function addCommit(
  transaction: IDBTransaction,
  last: CommitRow | undefined,
  ticket: string,
  moved: MovedRows,
): Promise<number> {
  const store = transaction.objectStore(commitStore);
  const revision = (last?.revision ?? 0) + 1;
  const length = Object.values(moved).reduce(
    (sum, ids) => sum + ids.reduce((all, id) => all + id.length, 0),
    0,
  );
  const chars = (last?.chars ?? 0) + length;
  store.add({ revision, ticket, moved, chars } satisfies CommitRow);
  if (revision % pruneEvery === 0) {
    const oldest = (await request(store.openCursor()))?.value as CommitRow | undefined;
    if (oldest !== undefined && chars - oldest.chars > idCharsKept)
      store.delete(IDBKeyRange.upperBound(Math.min(oldest.revision + 2 * pruneEvery, revision - 1)));
  }
  return revision;
}
