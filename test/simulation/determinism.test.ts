import { expect, test } from 'vitest';
import { simulate, timelineText } from 'syncline/testing';
import { catalogue as entities, invariants } from './support/catalogue.js';

test('a seed gives the same run each time, and another seed another one', async () => {
  const texts = new Set<string>();
  for (let seed = 1; seed <= 10; seed++) {
    const first = await simulate({ entities, invariants, seed, trace: true });
    const second = await simulate({ entities, invariants, seed, trace: true });
    expect(first.timeline.length).toBeGreaterThan(100);
    expect(second).toEqual(first);
    texts.add(timelineText(first));
  }
  expect(texts.size).toBe(10);
});
