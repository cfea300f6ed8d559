import type { ServerContext } from './context.js';

export interface CompactOptions {
  /** Default `default`. */
  readonly space?: string;
  /** Age of the answers and deletes that are dropped. Default: the limit `keptMs`, 30 days. */
  readonly olderThanMs?: number;
}

const outcomesPerRead = 1000;

/**
 * Drops the answers older than an age, and the deletes that were committed with them or before. Replicas that were
 * away for longer start over.
 */
export async function compact(
  { store, runtime, limits }: ServerContext,
  options: CompactOptions = {},
): Promise<void> {
  const { space = 'default', olderThanMs = limits.keptMs } = options;
  const outcomesBefore = Math.floor(runtime.now()) - olderThanMs;
  let seq = 0;
  for (let after = 0, isDone = false; !isDone;) {
    const page = await store.outcomes(space, { after, limit: outcomesPerRead });
    const firstKept = page.findIndex(({ at }) => at >= outcomesBefore);
    const old = firstKept === -1 ? page : page.slice(0, firstKept);
    seq = old.at(-1)?.seq ?? seq;
    after = old.at(-1)?.index ?? after;
    isDone = old.length < outcomesPerRead;
  }
  await store.compact(space, { seq, outcomesBefore });
}
