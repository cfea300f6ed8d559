import type { RowRef } from '../contracts/storage.js';
import { SyncError } from '../errors.js';
import type { PendingCommit } from './pending-commit.js';
import type { Resident } from './resident.js';

/** Characters of commits that share one entry, so that a queue of bulk commits does not become one giant text. */
const foldChars = 4 * 1024 * 1024;

/** A commit, and who waits for it. */
export interface Waiting {
  readonly commit: PendingCommit;
  readonly resolve: (result: { readonly revision: number }) => void;
  readonly reject: (error: SyncError) => void;
  /** Reads of the tail that had begun when it was issued. */
  readonly reads: number;
  /** Goes into an entry of its own: sharing one has failed. */
  readonly alone?: boolean;
}

/**
 * Takes the commits that share the next entry from the front of a queue. One whose conditions fail is rejected, having
 * changed nothing, once the tail was read since it was issued; until then it ends the fold, for another tab may have
 * made them hold.
 */
export function takeFold(queue: Waiting[], resident: Resident, reads: number): Waiting[] {
  const fold: Waiting[] = [];
  const written = new Set<string>();
  let chars = 0;
  for (let next = queue[0]; next !== undefined; next = queue[0]) {
    const { commit, alone, reject } = next;
    chars += commit.text.length;
    if (fold.length > 0 && (alone === true || chars > foldChars || commit.dependsOn(written))) break;
    const failing = commit.failing(resident);
    if (failing.length > 0 && next.reads === reads) break;
    queue.shift();
    if (failing.length > 0) {
      reject(conflict(failing));
      continue;
    }
    fold.push(next);
    if (alone === true || queue.length === 0) break;
    commit.addRows(written);
  }
  return fold;
}

function conflict(rows: readonly RowRef[]): SyncError {
  return new SyncError('storage-conflict', `${rows.length} rows were written by somebody else`, {
    hint: 'Read the rows again and decide again.',
    details: { rows: rows.map(({ table, id }) => ({ table, id })) },
  });
}
