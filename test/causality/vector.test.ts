import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterOf, covers, withCounter } from '../../src/causality/vector.js';

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
        if (covers(a, b) && covers(b, a))
          for (const replica of Object.keys({ ...a, ...b }))
            expect(counterOf(a, replica)).toBe(counterOf(b, replica));
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true);
      }),
    );
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
      expect(counterOf(withCounter({ p: 1 }, name, 3), name)).toBe(3);
    }
    expect(Object.getPrototypeOf(withCounter({}, '__proto__', 1))).toBe(Object.prototype);
  });
});
