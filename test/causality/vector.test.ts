import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVectors, counterOf, covers, mergeVectors, withCounter } from '../../src/causality/vector.js';

const replicaArb = fc.constantFrom('p', 'q', 'r', '__proto__', 'constructor', 'toString');
const vectorArb = fc
  .array(fc.tuple(replicaArb, fc.nat({ max: 4 })), { maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));

describe('version vectors', () => {
  it('cover what they have seen', () => {
    expect(covers({ p: 2, q: 1 }, { p: 2 })).toBe(true);
    expect(covers({ p: 2 }, { p: 2, q: 1 })).toBe(false);
    expect(covers({}, { p: 0 })).toBe(true);
  });

  it('are a partial order under covers', () => {
    fc.assert(
      fc.property(vectorArb, vectorArb, vectorArb, (a, b, c) => {
        expect(covers(a, a)).toBe(true);
        if (covers(a, b) && covers(b, a)) expect(compareVectors(a, b)).toBe('equal');
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true);
      }),
    );
  });

  it('merge to the least vector that covers both', () => {
    fc.assert(
      fc.property(vectorArb, vectorArb, vectorArb, (a, b, c) => {
        const merged = mergeVectors(a, b);
        expect(covers(merged, a) && covers(merged, b)).toBe(true);
        if (covers(c, a) && covers(c, b)) expect(covers(c, merged)).toBe(true);
      }),
    );
  });

  it('merge in any order and grouping to the same vector', () => {
    fc.assert(
      fc.property(vectorArb, vectorArb, vectorArb, (a, b, c) => {
        expect(compareVectors(mergeVectors(a, b), mergeVectors(b, a))).toBe('equal');
        expect(compareVectors(mergeVectors(a, mergeVectors(b, c)), mergeVectors(mergeVectors(a, b), c))).toBe(
          'equal',
        );
        expect(compareVectors(mergeVectors(a, a), a)).toBe('equal');
      }),
    );
  });

  it('compare as seen from both sides', () => {
    const mirrored = { equal: 'equal', before: 'after', after: 'before', concurrent: 'concurrent' };
    fc.assert(
      fc.property(vectorArb, vectorArb, (a, b) => {
        expect(compareVectors(b, a)).toBe(mirrored[compareVectors(a, b)]);
      }),
    );
    expect(compareVectors({ p: 1 }, { p: 1, q: 1 })).toBe('before');
    expect(compareVectors({ p: 2 }, { p: 1 })).toBe('after');
    expect(compareVectors({ p: 1 }, { q: 1 })).toBe('concurrent');
    expect(compareVectors({ p: 1, q: 0 }, { p: 1 })).toBe('equal');
  });

  it('raise one counter in a copy', () => {
    fc.assert(
      fc.property(vectorArb, replicaArb, fc.nat(), (clock, replica, counter) => {
        const copy = structuredClone(clock);
        const raised = withCounter(clock, replica, counter);
        expect(counterOf(raised, replica)).toBe(counter);
        expect(clock).toEqual(copy);
        for (const other of Object.keys(clock)) {
          if (other !== replica) expect(counterOf(raised, other)).toBe(counterOf(clock, other));
        }
      }),
    );
  });

  it('find nothing under the names of inherited members', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(counterOf({}, name)).toBe(0);
      expect(covers({}, withCounter({}, name, 1))).toBe(false);
      expect(counterOf(mergeVectors({ p: 1 }, withCounter({}, name, 3)), name)).toBe(3);
    }
    expect(Object.getPrototypeOf(withCounter({}, '__proto__', 1))).toBe(Object.prototype);
  });
});
