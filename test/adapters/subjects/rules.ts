import {
  concat,
  latest,
  list,
  local,
  manualField,
  max,
  min,
  remote,
  rule,
  sum,
  text,
  union,
  type FieldRule,
  type Json,
} from 'syncline';
import { fieldRuleCases, type FieldRuleSetup, type Random } from 'syncline/testing';
import { subject } from './subject.js';

type Shipped = Omit<FieldRuleSetup, 'rule'> & { readonly name: string; readonly rule: FieldRule };

const number = (random: Random): Json => random.pick([-2, -1, 0, 1, 2, 0.1, 2 ** 53, 1e300]);
const words = (random: Random): Json =>
  Array.from({ length: random.int(6) }, () => random.pick(['a', 'b', ' ', '\n'])).join('');
const anything = (random: Random): Json =>
  random.pick<(random: Random) => Json>([number, words, members])(random);

function members(random: Random): readonly Json[] {
  return Array.from({ length: random.int(5) }, () => random.pick<Json>([1, 2, '1', [1], { a: 1, b: 2 }]));
}

function items(random: Random): readonly Json[] {
  return [1, 2, '3'].filter(() => random.chance(0.6)).map((id) => ({ id, text: words(random) }));
}

const inText = {
  add: (value: Json, mark: string): Json => `${value as string}\n${mark}`,
  has: (value: Json, mark: string) => (value as string).split(/\s+/).includes(mark),
};
const inArray = {
  add: (value: Json, mark: string): Json => [...(value as readonly Json[]), mark],
  has: (value: Json, mark: string) => (value as readonly Json[]).includes(mark),
};
const inList = {
  add: (value: Json, id: string): Json => [...(value as readonly Json[]), { id }],
  has: (value: Json, mark: string) => (value as readonly { id: Json }[]).some(({ id }) => id === mark),
};

const shipped: readonly Shipped[] = [
  { name: 'local', rule: local(), value: anything },
  { name: 'remote', rule: remote(), value: anything },
  { name: 'latest', rule: latest(), value: anything },
  { name: 'max', rule: max(), value: (random) => random.pick([number, words])(random) },
  { name: 'min', rule: min(), value: (random) => random.pick([number, words])(random) },
  { name: 'sum', rule: sum(), value: number },
  { name: 'union', rule: union(), value: members, additions: inArray },
  { name: 'concat', rule: concat(), value: words, additions: inText },
  { name: 'text', rule: text(), value: words, additions: inText },
  { name: 'text, by word', rule: text({ by: 'word' }), value: words, additions: inText },
  { name: 'list', rule: list({ key: 'id' }), value: items, additions: inList },
  { name: 'manualField', rule: manualField(), value: anything },
  {
    name: 'rule',
    rule: rule('longer', ({ local, remote }) =>
      String(JSON.stringify(local)).length > String(JSON.stringify(remote)).length ? local : remote,
    ),
    value: anything,
  },
];

export const rules = shipped.map(({ name, ...setup }) =>
  subject('field-rule', name, fieldRuleCases, (run) => run(setup)),
);
