import { expect, test } from 'vitest';
import { simulate } from '../../adapters/testing/simulator/simulate.js';

test('a seed gives the same run each time, and another seed another one', async () => {
  const prints = new Set<number>();
  for (let seed = 1; seed <= 10; seed++) {
    const first = await simulate({ seed, trace: true });
    const second = await simulate({ seed, trace: true });
    expect(first.lines.length).toBeGreaterThan(100);
    expect(second.lines).toEqual(first.lines);
    expect(second.fingerprint).toBe(first.fingerprint);
    prints.add(first.fingerprint);
  }
  expect(prints.size).toBe(10);
});
