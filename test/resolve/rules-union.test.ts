import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/contracts/json.js';
import { equalJson } from '../../src/diff/canonical.js';
import { union } from '../../src/resolve/union-rule.js';
import { shuffled } from '../diff/arbitraries.js';
import { decide, merged } from './rules-fixtures.js';

const memberArb = fc.constantFrom<Json>(
  1,
  '1',
  0,
  -0,
  null,
  '',
  [1, 2],
  [2, 1],
  { a: 1, b: [] },
  { b: [], a: 1 },
);
const setArb = fc.array(memberArb, { maxLength: 6 });

function has(set: readonly Json[], member: Json): boolean {
  return set.some((other) => equalJson(other, member));
}

describe('union', () => {
  it('decides each member by the truth table of a three-way merge', () => {
    // In base, in local, in remote → in the result.
    const table: Record<string, boolean> = {
      '000': false,
      '001': true,
      '010': true,
      '011': true,
      '100': false,
      '101': false,
      '110': false,
      '111': true,
    };
    fc.assert(
      fc.property(setArb, setArb, setArb, (base, local, remote) => {
        const result = merged(union(), base, local, remote) as Json[];
        for (const member of [...base, ...local, ...remote]) {
          const row = [base, local, remote].map((set) => (has(set, member) ? '1' : '0')).join('');
          expect(has(result, member)).toBe(table[row]);
        }
        expect(result.every((member) => has([...local, ...remote], member))).toBe(true);
        if (!equalJson(local, remote))
          expect(result.every((member, i) => !has(result.slice(i + 1), member))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the remote order, then the order of the local additions', () => {
    expect(merged(union(), ['x', 'y'], ['b', 'y', 'x', 'a'], ['y', 'c', 'x'])).toEqual([
      'y',
      'c',
      'x',
      'b',
      'a',
    ]);
  });

  it('counts an absent value as an empty set', () => {
    expect(merged(union(), undefined, ['a'], ['b'])).toEqual(['b', 'a']);
    expect(merged(union(), ['a', 'b'], undefined, ['a', 'b', 'c'])).toEqual(['c']);
  });

  it('tells members by content, not by the order of keys', () => {
    const member: Json = { a: 1, b: { c: 2, d: 3 } };
    expect(merged(union(), [], [member], [shuffled(member)])).toEqual([member]);
    expect(merged(union(), [member], [], [shuffled(member), 1])).toEqual([1]);
  });

  it('leaves other types to a person', () => {
    expect(decide(union(), [], 'a', ['a'])).toMatchObject({ conflict: true });
    expect(decide(union(), { 0: 'a' }, ['a'], ['b'])).toMatchObject({ conflict: true });
  });
});
