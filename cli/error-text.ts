import { isSyncError } from 'syncline';

/** A message with the one that caused it: `fetch failed` alone says nothing. */
export function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = isSyncError(thrown) ? `${thrown.code}: ${thrown.message}` : thrown.message;
  if (thrown.cause === undefined) return own;
  const cause = textOf(thrown.cause);
  return cause === '' ? own : `${own}: ${cause}`;
}
