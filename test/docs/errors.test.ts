import { expect, it } from 'vitest';
import { syncErrorCodes } from '../../src/errors.js';
import { read } from './fences.js';

it('docs/errors.md has one row for each code', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\|\s*(?:<a [^>]*><\/a>\s*)?`([^`]+)`\s*\|/gm)].map(
    ([, code]) => code,
  );
  expect(rows.sort()).toEqual([...syncErrorCodes].sort());
});
