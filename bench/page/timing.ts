import type { Measures } from '../contract.js';
import { percentile } from '../statistics.js';

/** Time that `work` takes until its promise settles, ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Runs `work` for 0, 1, 2 …, one after the other, each timed by itself. */
export async function timedEach(count: number, work: (index: number) => Promise<unknown>): Promise<Measures> {
  const times: number[] = [];
  const start = performance.now();
  for (let index = 0; index < count; index++) times.push(await timed(() => work(index)));
  return {
    total: performance.now() - start,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    max: Math.max(...times),
  };
}
