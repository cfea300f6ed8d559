import { beforeAll, describe, expect, test } from 'vitest';
import { promiseNames, type Sweep } from 'syncline/testing';
import { failuresOf, figures, sweep } from './seeds.js';

/** Set `SYNCLINE_SEED` to explore other seeds than the ones that every run takes. */
const base = Number(process.env['SYNCLINE_SEED'] ?? 1);

/** Fewer strikes than this, of any kind of fault, and the runs have shown nothing about it. */
const strikesMin = 20;

/** Declares one test for each promise over a share of the seeds. */
export function histories(share: number, count: number): void {
  const from = base + share * count;
  let result: Sweep;
  beforeAll(async () => {
    result = await sweep(from, count);
    console.log(figures(from, result));
  }, 900_000);

  describe(`${count} histories of about 150 steps, with faults`, () => {
    test.each(promiseNames)('%s', (promise) => {
      expect(failuresOf(result, promise)).toEqual([]);
    });

    test('every kind of fault struck often enough to mean something', () => {
      const rare = [...result.faults].filter(([, strikes]) => strikes < strikesMin);
      expect(rare).toEqual([]);
      expect(result.steps).toBeGreaterThan(140 * count);
    });
  });
}
