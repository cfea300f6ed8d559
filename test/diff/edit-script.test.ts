import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editScript, type Edit } from '../../src/diff/edit-script.js';

const sequenceArb = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });

function applied(before: readonly string[], edits: readonly Edit[]): string[] {
  return edits
    .toReversed()
    .reduce((now, { start, end, insert }) => now.toSpliced(start, end - start, ...insert), [...before]);
}

/** Length of a longest common subsequence, by the textbook table. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const token of a) {
    const next = [0];
    for (const [j, other] of b.entries())
      next.push(token === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row.at(-1)!;
}

describe('an edit script', () => {
  it('turns one sequence into the other with the fewest edits', () => {
    fc.assert(
      fc.property(sequenceArb, sequenceArb, (before, after) => {
        const edits = editScript(before, after, 100)!;
        expect(applied(before, edits)).toEqual(after);
        const size = edits.reduce((sum, { start, end, insert }) => sum + end - start + insert.length, 0);
        expect(size).toBe(before.length + after.length - 2 * commonLength(before, after));
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves a token between any two edits', () => {
    fc.assert(
      fc.property(sequenceArb, sequenceArb, (before, after) => {
        let end = -1;
        for (const edit of editScript(before, after, 100)!) {
          expect(edit.start).toBeGreaterThan(end);
          expect(edit.end - edit.start + edit.insert.length).toBeGreaterThan(0);
          end = edit.end;
        }
      }),
    );
  });

  it('gives up past the limit, and not at it', () => {
    const before = Array.from({ length: 50 }, (_, i) => `old ${i}`);
    const after = Array.from({ length: 50 }, (_, i) => `new ${i}`);
    expect(editScript(before, after, 99)).toBeUndefined();
    expect(editScript(before, after, 100)).toEqual([{ start: 0, end: 50, insert: after }]);
  });
});
