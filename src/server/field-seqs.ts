import type { SyncRecord } from '../contracts/operation.js';
import type { ServerRecord } from '../contracts/server-store.js';
import { diffData } from '../diff/diff.js';
import { isPrefix } from '../diff/pointer.js';

/** Past this many paths a record is sent whole: the table would cost more than it saves. */
const pathsMax = 256;

/**
 * Path → seq of its last change, after a record went from `before` to `after` at `seq`.
 *
 * A record that is new or has risen from the dead starts over, because no replica needs to hold its earlier data.
 */
export function fieldSeqsAfter(
  before: ServerRecord | undefined,
  after: SyncRecord,
  seq: number,
): Readonly<Record<string, number>> {
  if (before === undefined || (before.deleted === true && after.deleted !== true)) return { '': seq };
  const paths = diffData(before.data, after.data).map(({ path }) => path);
  if (paths.length === 0) return before.fieldSeqs;
  const kept = Object.entries(before.fieldSeqs).filter(
    ([known]) => !paths.some((path) => isPrefix(path, known)),
  );
  const fieldSeqs = Object.fromEntries([...kept, ...paths.map((path) => [path, seq] as const)]);
  return Object.keys(fieldSeqs).length > pathsMax ? { '': seq } : fieldSeqs;
}
