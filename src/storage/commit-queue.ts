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

/** The commits that are not in the log yet, in the order in which they were issued. */
export class CommitQueue {
  #waiting: Waiting[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  shift(): Waiting | undefined {
    return this.#waiting.shift();
  }

  /** Before all others, in their order. */
  putBack(fold: readonly Waiting[]): void {
    this.#waiting = [...fold, ...this.#waiting];
  }

  /**
   * The commits that share the next entry. One whose conditions fail is rejected, having changed nothing, once the tail
   * was read since it was issued; until then it ends the fold, for another tab may have made them hold.
   */
  nextFold(resident: Resident, reads: number): Waiting[] {
    const fold: Waiting[] = [];
    const written = new Set<string>();
    let chars = 0;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { commit, alone, reject } = next;
      chars += commit.text.length;
      if (fold.length > 0 && (alone === true || chars > foldChars || commit.dependsOn(written))) break;
      const failing = commit.failing(resident);
      if (failing.length > 0 && next.reads === reads) break;
      this.#waiting.shift();
      if (failing.length > 0) {
        reject(conflict(failing));
        continue;
      }
      fold.push(next);
      if (alone === true || this.#waiting.length === 0) break;
      commit.addRows(written);
    }
    return fold;
  }
}

function conflict(rows: readonly RowRef[]): SyncError {
  return new SyncError('storage-conflict', `${rows.length} rows were written by somebody else`, {
    hint: 'Read the rows again and decide again.',
    details: { rows: rows.map(({ table, id }) => ({ table, id })) },
  });
}
