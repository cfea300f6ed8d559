import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/contracts/json.js';
import type { FieldRule } from '../../src/contracts/resolver.js';
import { equalJson } from '../../src/diff/canonical.js';
import { concat } from '../../src/resolve/concat-rule.js';
import { list } from '../../src/resolve/list-rule.js';
import { latest, local, manualField, max, min, remote, rule, sum } from '../../src/resolve/rules.js';
import { text } from '../../src/resolve/text-rule.js';
import { union } from '../../src/resolve/union-rule.js';
import { maybeJsonArb } from '../diff/arbitraries.js';
import { decide, earlier, field, later, merged } from './rules-fixtures.js';

const sideArb = fc.record({ value: maybeJsonArb, stamp: fc.constantFrom(earlier, later) });
const rules: FieldRule[] = [
  local(),
  remote(),
  latest(),
  max(),
  min(),
  union(),
  sum(),
  concat(),
  text(),
  text({ by: 'word' }),
  list({ key: 'id' }),
  manualField(),
];

describe.each(rules.map((rule) => [rule.name, rule] as const))('every verdict of %s', (_name, rule) => {
  it('names the side that the value equals, and gives a reason in one sentence', () => {
    fc.assert(
      fc.property(maybeJsonArb, sideArb, sideArb, (base, local, remote) => {
        const verdict = rule.decide(field(base, local, remote));
        expect(verdict.why).toMatch(/^[A-Z"][^\n]*\.$/);
        if ('conflict' in verdict) return;
        const isLocal = equalJson(verdict.value, local.value);
        const isRemote = equalJson(verdict.value, remote.value);
        expect(
          verdict.winner === 'local'
            ? isLocal
            : verdict.winner === 'remote'
              ? isRemote
              : !isLocal && !isRemote,
        ).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('is the same again for the same field, and changes nothing of it', () => {
    fc.assert(
      fc.property(maybeJsonArb, sideArb, sideArb, (base, local, remote) => {
        const context = field(base, local, remote);
        const copy = structuredClone(context);
        expect(rule.decide(context)).toEqual(rule.decide(copy));
        expect(context).toEqual(copy);
      }),
    );
  });

  it('does without the base, unless it says that it needs it', () => {
    fc.assert(
      fc.property(maybeJsonArb, maybeJsonArb, sideArb, sideArb, (base, other, local, remote) => {
        fc.pre(!rule.needsBase);
        expect(rule.decide(field(base, local, remote))).toEqual(rule.decide(field(other, local, remote)));
      }),
      { maxSkipsPerRun: 10_000, numRuns: rule.needsBase ? 0 : 100 },
    );
  });
});

describe('local, remote and manual', () => {
  it('take that side, or none', () => {
    expect(decide(local(), 0, 1, 2)).toMatchObject({ value: 1, winner: 'local' });
    expect(decide(remote(), 0, 1, 2)).toMatchObject({ value: 2, winner: 'remote' });
    expect(decide(local(), 0, undefined, 2)).toMatchObject({ value: undefined, winner: 'local' });
    expect(decide(manualField(), 0, 1, 2)).toMatchObject({ conflict: true });
  });
});

describe('latest', () => {
  it('takes the value with the larger stamp, a removal too', () => {
    const a = { value: undefined, stamp: later };
    const b = { value: 'b', stamp: earlier };
    expect(latest().decide(field('x', a, b))).toMatchObject({ value: undefined, winner: 'local' });
    expect(latest().decide(field('x', b, a))).toMatchObject({ value: undefined, winner: 'remote' });
  });

  it('takes the same value on both sides when the stamps are equal', () => {
    const a = { value: 'a', stamp: later };
    const b = { value: 'b', stamp: later };
    expect(latest().decide(field('x', a, b))).toMatchObject({ value: 'b', winner: 'remote' });
    expect(latest().decide(field('x', b, a))).toMatchObject({ value: 'b', winner: 'local' });
  });
});

describe('max and min', () => {
  it('agree with sorting', () => {
    const pairArb = fc.oneof(
      fc.tuple(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      ),
      fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
    );
    fc.assert(
      fc.property(pairArb, ([a, b]) => {
        const [low, high] =
          typeof a === 'number' ? [a, b].sort((x, y) => Number(x) - Number(y)) : [a, b].sort();
        expect(equalJson(merged(max(), undefined, a, b), high)).toBe(true);
        expect(equalJson(merged(min(), undefined, a, b), low)).toBe(true);
      }),
    );
  });

  it('keep numbers apart on both sides of 2^53', () => {
    expect(merged(max(), 0, 2 ** 53 - 1, 2 ** 53)).toBe(2 ** 53);
    expect(merged(min(), 0, -(2 ** 53), -(2 ** 53) + 1)).toBe(-(2 ** 53));
  });

  it('let an absent value lose, and leave mixed types to a person', () => {
    for (const rule of [max(), min()]) {
      expect(merged(rule, 1, undefined, 5)).toBe(5);
      expect(merged(rule, 1, 'x', undefined)).toBe('x');
      for (const [a, b] of [
        [1, '1'],
        [null, 1],
        [true, false],
        [[1], [2]],
        [{}, 'x'],
      ] as [Json, Json][]) {
        expect(decide(rule, undefined, a, b)).toMatchObject({ conflict: true });
      }
    }
  });
});

describe('sum', () => {
  it('agrees with counting every single step', () => {
    const stepsArb = fc.array(fc.constantFrom(-1, 1), { maxLength: 30 });
    fc.assert(
      fc.property(fc.option(fc.integer(), { nil: undefined }), stepsArb, stepsArb, (base, ours, theirs) => {
        const walk = (from: number, steps: number[]): number => steps.reduce((at, step) => at + step, from);
        const expected = walk(walk(base ?? 0, theirs), ours);
        expect(merged(sum(), base, walk(base ?? 0, ours), walk(base ?? 0, theirs))).toBe(expected);
      }),
    );
  });

  it('counts a removed value as 0', () => {
    expect(merged(sum(), 5, undefined, 7)).toBe(2);
  });

  it('leaves other types, and sums that are no number, to a person', () => {
    for (const [base, a, b] of [
      ['0', 1, 2],
      [0, null, 2],
      [0, 1, []],
      [0, 1e308, 1e308],
    ] as [Json, Json, Json][]) {
      expect(decide(sum(), base, a, b)).toMatchObject({ conflict: true });
    }
  });
});

describe('concat', () => {
  it('puts what was added locally behind what was added remotely', () => {
    expect(merged(concat(), 'log', 'log\nB', 'log\nA')).toBe('log\nA\nB');
    expect(merged(concat(), 'log\n', 'log\nB\n', 'log\nA\n')).toBe('log\nA\nB\n');
    expect(merged(concat({ separator: ', ' }), 'x', 'x, b', 'x, a')).toBe('x, a, b');
    expect(merged(concat(), undefined, 'B', 'A')).toBe('A\nB');
    expect(merged(concat({ separator: '' }), 'x', 'xb', 'xa')).toBe('xab');
  });

  it('keeps a rewritten text and what the other side added', () => {
    expect(merged(concat(), 'a', 'A!', 'a\nb')).toBe('A!\nb');
    expect(merged(concat(), 'a', 'a\nb', 'A!')).toBe('A!\nb');
    expect(merged(concat(), 'a', undefined, 'a\nb')).toBe('\nb');
    expect(merged(concat(), 'a', 'one', 'two')).toBe('two\none');
  });

  it('never loses what a side wrote, and writes equal texts once', () => {
    const textArb = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 5 });
    const caseArb = fc.record({
      base: textArb,
      a: textArb,
      b: textArb,
      aAdds: fc.boolean(),
      bAdds: fc.boolean(),
    });
    fc.assert(
      fc.property(caseArb, fc.constantFrom('\n', ' ', ''), ({ base, a, b, aAdds, bAdds }, separator) => {
        const ours = aAdds ? base + a : a;
        const theirs = bAdds ? base + b : b;
        const result = merged(concat({ separator }), base, ours, theirs) as string;
        for (const side of [ours, theirs])
          expect(result).toContain(side.startsWith(base) ? side.slice(base.length) : side);
        if (ours === theirs) expect(result).toBe(ours);
        if (ours.startsWith(base)) expect(result.startsWith(theirs)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves other types to a person', () => {
    expect(decide(concat(), 'a', 1, 'b')).toMatchObject({ conflict: true });
    expect(decide(concat(), null, 'a', 'b')).toMatchObject({ conflict: true });
  });
});

describe('a rule of your own', () => {
  const longer = rule('longer', ({ local, remote }) =>
    JSON.stringify(local).length > JSON.stringify(remote).length ? local : remote,
  );

  it('takes what the function returns', () => {
    expect(longer.name).toBe('longer');
    expect(decide(longer, 'x', 'abc', 'ab')).toMatchObject({ value: 'abc', winner: 'local' });
    expect(
      decide(
        rule('none', () => undefined),
        'x',
        'a',
        'b',
      ),
    ).toMatchObject({ value: undefined, winner: 'both' });
  });

  it('promises nothing unless told so', () => {
    expect(longer).toMatchObject({
      needsBase: true,
      laws: { commutative: false, associative: false, idempotent: false },
    });
    const promised = rule('r', () => 1, { needsBase: false, laws: { commutative: true } });
    expect(promised).toMatchObject({ needsBase: false, laws: { commutative: true, associative: false } });
  });

  it('leaves the field to a person when it throws, or returns what is no JSON', () => {
    const failing = rule('failing', () => {
      throw new Error('no idea');
    });
    expect(decide(failing, 0, 1, 2)).toEqual({ conflict: true, why: 'The rule "failing" failed: no idea.' });
    const strange = rule('strange', () => new Date(0) as unknown as Json);
    expect(decide(strange, 0, 1, 2)).toMatchObject({
      conflict: true,
      why: expect.stringContaining('an instance of Date'),
    });
  });

  it('does not store undefined properties', () => {
    const loose = rule('loose', () => ({ a: 1, b: undefined }) as unknown as Json);
    expect(merged(loose, 0, 1, 2)).toStrictEqual({ a: 1 });
  });
});
