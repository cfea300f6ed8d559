import type { Measures, Sample, Summary } from '../contract.js';
import { percentile } from '../statistics.js';

/** Time that `work` takes until its promise settles. */
export async function timed(work: () => Promise<unknown>): Promise<Sample> {
  const start = performance.now();
  await work();
  return { ms: performance.now() - start };
}

/** Runs `work` for `from`, `from + 1` …, one after the other, each timed by itself. */
export async function timedEach(
  count: number,
  work: (index: number) => Promise<unknown>,
  from = 0,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let index = from; index < from + count; index++) samples.push(await timed(() => work(index)));
  return samples;
}

export function summaryOf(samples: readonly Sample[]): Measures {
  const values = new Map<string, number[]>();
  for (const sample of samples) {
    for (const [name, value] of Object.entries(sample)) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  }
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, summarised(all)]));
}

function summarised(values: readonly number[]): Summary {
  return {
    total: values.reduce((sum, value) => sum + value, 0),
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    max: Math.max(...values),
  };
}
