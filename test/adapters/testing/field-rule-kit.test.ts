import { concat, latest, list, max, sum, union, type FieldRule, type Json } from 'syncline';
import { fieldRuleCases, type FieldRuleSetup } from 'syncline/testing';
import { describe, it } from 'vitest';
import { hold } from '../subjects/hold.js';
import { rules } from '../subjects/rules.js';
import { expectCaught } from './kit.js';

const numbers: FieldRuleSetup = { rule: max(), value: (random) => random.int(5) };
const lattice = { commutative: true, associative: true, idempotent: true };

/** Rules that are unsound, a sound one for the same values, and the case that must catch them. */
const broken: Record<string, readonly [caughtBy: string, sound: FieldRuleSetup, rule: Partial<FieldRule>]> = {
  'takes the local value and calls that commutative': [
    'commutative, where it says so',
    numbers,
    { laws: lattice, decide: ({ local }) => ({ value: local, winner: 'local', why: 'mine' }) },
  ],
  'takes the average and calls that associative': [
    'associative, where it says so',
    numbers,
    {
      laws: lattice,
      decide: ({ local, remote }) => ({
        value: typeof local === 'number' && typeof remote === 'number' ? (local + remote) / 2 : 0,
        winner: 'both',
        why: 'the middle',
      }),
    },
  ],
  'adds what both sides have and calls that idempotent': [
    'idempotent, where it says so',
    numbers,
    { laws: lattice, decide: (field) => sum().decide({ ...field, base: 0 }) },
  ],
  'tosses a coin': [
    'the same field is decided the same again',
    numbers,
    (() => {
      let tossed = 0;
      return {
        decide: ({ local, remote }) =>
          tossed++ % 2 === 0
            ? { value: local, winner: 'local', why: 'heads' }
            : { value: remote, winner: 'remote', why: 'tails' },
      };
    })(),
  ],
  'sorts the array that it was given': [
    'a field that is looked at does not change',
    { rule: union(), value: (random) => [random.int(9), random.int(9)] },
    {
      decide: (field) => {
        if (Array.isArray(field.local)) field.local.sort();
        return union().decide(field);
      },
    },
  ],
  'says NaN': [
    'a verdict is a value in JSON or left to a person, and says why',
    numbers,
    { decide: ({ local }) => ({ value: Number(local) * Infinity, winner: 'both', why: 'scaled' }) },
  ],
  'gives no reason': [
    'a verdict is a value in JSON or left to a person, and says why',
    numbers,
    { decide: (field) => ({ ...max().decide(field), why: '' }) },
  ],
  'names the wrong winner': [
    'a winner is the side whose value was taken',
    numbers,
    { decide: ({ local }) => ({ value: local, winner: 'remote', why: 'theirs' }) },
  ],
  'thinks that everything is a text': [
    'values of any type, and none, are decided without throwing',
    { rule: concat(), value: () => 'text' },
    {
      decide: ({ local, remote }) => ({
        value: (local as string).concat(remote as string),
        winner: 'both',
        why: 'joined',
      }),
    },
  ],
  'looks at the base in secret': [
    'a base is not looked at, where the rule says that it needs none',
    { rule: latest(), value: (random) => random.int(3) },
    { needsBase: false, decide: (field) => sum().decide(field) },
  ],
  'keeps the additions of one side': [
    'what both sides added is kept, where that is promised',
    {
      rule: list({ key: 'id' }),
      value: () => [],
      additions: {
        add: (value, id): Json => [...(value as readonly Json[]), { id }],
        has: (value, mark) => JSON.stringify(value).includes(mark),
      },
    },
    { decide: ({ remote }) => ({ value: remote, winner: 'remote', why: 'theirs' }) },
  ],
};

hold(...rules);

describe('the cases for field rules', () => {
  it.each(Object.entries(broken))('catch a rule that %s', async (_, [caughtBy, sound, rule]) => {
    const flawed = { ...sound, rule: { ...sound.rule, ...rule } };
    await expectCaught(fieldRuleCases, caughtBy, { sound, broken: flawed });
  });
});
