import fc from 'fast-check';
import { expect, it } from 'vitest';
import { overlapsAny } from '../../src/diff/path-set.js';
import { formatPointer, overlaps } from '../../src/diff/pointer.js';
import { keyArb } from './arbitraries.js';

const pathArb = fc.array(keyArb, { maxLength: 4 }).map(formatPointer);

it('finds the overlaps that a comparison with each path finds', () => {
  fc.assert(
    fc.property(
      fc.array(pathArb, { maxLength: 5 }),
      fc.array(pathArb, { minLength: 1, maxLength: 5 }),
      (paths, asked) => {
        const overlapsOne = overlapsAny(paths);
        for (const path of [...asked, ...paths]) {
          expect(overlapsOne(path)).toBe(paths.some((other) => overlaps(path, other)));
        }
      },
    ),
    { numRuns: 1000 },
  );
});
