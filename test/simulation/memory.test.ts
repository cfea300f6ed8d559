import { simulateMany } from 'syncline/testing';
import { expect, test } from 'vitest';
import { bytesInUse } from '../support/memory.js';
import { catalogue as entities, invariants } from './support/catalogue.js';

const megabyte = 1024 * 1024;

test('a sweep may go on for as long as one likes: histories leave nothing behind', async () => {
  const sweep = (seed: number, runs: number) => simulateMany({ entities, invariants, seed, runs });
  await sweep(1, 10);
  const before = await bytesInUse();
  const { failures } = await sweep(11, 40);
  expect(failures).toEqual([]);
  // One that stays takes 0.7 megabytes.
  expect((await bytesInUse()) - before).toBeLessThan(6 * megabyte);
});
