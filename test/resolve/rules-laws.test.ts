import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/contracts/json.js';
import type { FieldRule, RuleLaws } from '../../src/contracts/resolver.js';
import { equalJson } from '../../src/diff/canonical.js';
import { concat } from '../../src/resolve/concat-rule.js';
import { list } from '../../src/resolve/list-rule.js';
import { latest, local, manualField, max, min, remote, sum } from '../../src/resolve/rules.js';
import { text } from '../../src/resolve/text-rule.js';
import { union } from '../../src/resolve/union-rule.js';
import { jsonArb } from '../diff/arbitraries.js';
import { field, type Side } from './rules-fixtures.js';

type Maybe = Json | undefined;
/** A side of a field, or the word of a rule that a person must decide: nothing decides after that. */
type Decided = Side | 'conflict';

const numberArb = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 2 ** 53, 2 ** 53 - 1),
);
const textArb = fc
  .array(fc.constantFrom('a', 'b', 'c', ' ', '\n'), { maxLength: 6 })
  .map((parts) => parts.join(''));
const setArb = fc.array(fc.constantFrom<Json>(1, 2, '1', [1], { a: 1, b: 2 }, { b: 2, a: 1 }), {
  maxLength: 5,
});
const listArb = fc
  .uniqueArray(
    fc.record({ id: fc.constantFrom(1, 2, 3, '1'), a: fc.nat(2), b: fc.nat(2) }, { requiredKeys: ['id'] }),
    {
      selector: ({ id }) => id,
      maxLength: 4,
    },
  )
  .map((items): Json => items);

const rules: [string, FieldRule, fc.Arbitrary<Json>][] = [
  ['local', local(), jsonArb],
  ['remote', remote(), jsonArb],
  ['latest', latest(), jsonArb],
  ['max', max(), fc.oneof(numberArb, textArb)],
  ['min', min(), fc.oneof(numberArb, textArb)],
  ['union', union(), setArb],
  ['sum', sum(), numberArb],
  ['concat', concat(), textArb],
  ['text by line', text(), textArb],
  ['text by word', text({ by: 'word' }), textArb],
  ['list', list({ key: 'id' }), listArb],
  ['manual', manualField(), jsonArb],
];

function combine(rule: FieldRule, base: Maybe, a: Decided, b: Decided): Decided {
  if (a === 'conflict' || b === 'conflict') return 'conflict';
  const verdict = rule.decide(field(base, a, b));
  const stamp = a.stamp > b.stamp ? a.stamp : b.stamp;
  return 'conflict' in verdict ? 'conflict' : { value: verdict.value, stamp };
}

function same(a: Decided, b: Decided): boolean {
  if (a === 'conflict' || b === 'conflict') return a === b;
  return equalJson(a.value, b.value);
}

const laws: Record<keyof RuleLaws, (rule: FieldRule, base: Maybe, a: Side, b: Side, c: Side) => boolean> = {
  commutative: (rule, base, a, b) => same(combine(rule, base, a, b), combine(rule, base, b, a)),
  associative: (rule, base, a, b, c) =>
    same(
      combine(rule, base, a, combine(rule, base, b, c)),
      combine(rule, base, combine(rule, base, a, b), c),
    ),
  idempotent: (rule, base, a) => same(combine(rule, base, a, a), a),
};

describe.each(rules)('%s', (_name, rule, valueArb) => {
  // Mostly values that the rule is made for, and some that it is not.
  const maybeArb: fc.Arbitrary<Maybe> = fc.oneof(
    { weight: 8, arbitrary: valueArb },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: jsonArb },
  );
  const sideArb = fc.record({ value: maybeArb, stamp: fc.nat(3).map((n) => `00000000000${n}-0000-p`) });

  for (const law of ['commutative', 'associative', 'idempotent'] as const) {
    const property = fc.property(maybeArb, sideArb, sideArb, sideArb, (...sides) =>
      laws[law](rule, ...sides),
    );
    if (rule.laws[law]) {
      it(`is ${law}, as it claims`, () => {
        fc.assert(property, { numRuns: 3000 });
      });
    } else {
      it(`is not always ${law}, and does not claim it`, () => {
        expect(fc.check(property, { numRuns: 20_000, endOnFailure: true }).failed).toBe(true);
      });
    }
  }
});
