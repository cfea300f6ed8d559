import { storageCases } from 'syncline/testing';
import { expect, it } from 'vitest';
import { fencesOf, read } from './fences.js';

const path = 'docs/write-a-storage-adapter.md';
const page = read(path);

it('every case of the kit checks a rule of the page, and every case that the page names is in the kit', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  const named = rows.flatMap((row) => [...row.matchAll(/\*([^*]+)\*/g)].map(([, name]) => name));
  expect(named.sort()).toEqual(storageCases.map(({ name }) => name).sort());
});

it('the example has fewer than 100 lines', () => {
  const [example] = fencesOf(path, page);
  expect(example?.code.trimEnd().split('\n').length).toBeLessThan(100);
});
