import type { FieldContext, FieldRule, FieldVerdict, Json } from 'syncline';
import { holds, holdsJson, same, type ConformanceCase } from './check.js';
import { createRandom, type Random } from './simulator/random.js';

export interface FieldRuleSetup {
  readonly rule: FieldRule;
  /** A value as the rule is made for, drawn from `random`: few different ones, so that sides agree now and then. */
  value(random: Random): Json;
  /** Where the rule promises to keep what both sides added to a value: how that is done, and seen. */
  readonly additions?: {
    add(value: Json, mark: string): Json;
    has(value: Json, mark: string): boolean;
  };
  /** Another number tries other values. Default 1. */
  readonly seed?: number;
}

export type FieldRuleCase = ConformanceCase<FieldRuleSetup>;

/** Sets of values that each case is tried with; a failure prints the one it happened in. */
const rounds = 1_000;

const oddValues: readonly Json[] = [
  null,
  true,
  0,
  -1.5,
  1e308,
  '',
  'odd 😀 \ud83d',
  [],
  [null, [1, [2]]],
  [{ id: 1 }, { id: 1 }, 'id'],
  {},
  { a: { b: [] } },
];

/**
 * What every `FieldRule` must do, the laws that it claims among it.
 *
 * @example
 * ```ts
 * import { max } from 'syncline';
 * import { fieldRuleCases } from 'syncline/testing';
 *
 * for (const { run } of fieldRuleCases) await run({ rule: max(), value: (random) => random.int(10) });
 * ```
 */
export const fieldRuleCases: readonly FieldRuleCase[] = [
  ruleCase('commutative, where it says so', ({ rule, base, a, b }) => {
    if (!rule.laws.commutative) return;
    same(decided(rule, base, b, a), decided(rule, base, a, b), 'a and b the other way round');
  }),

  ruleCase('associative, where it says so', ({ rule, base, a, b, c }) => {
    if (!rule.laws.associative) return;
    const right = decided(rule, base, a, decided(rule, base, b, c));
    same(decided(rule, base, decided(rule, base, a, b), c), right, '(a, b), c instead of a, (b, c)');
  }),

  ruleCase('idempotent, where it says so', ({ rule, base, a }) => {
    if (!rule.laws.idempotent) return;
    same(decided(rule, base, a, a), a, 'a and a');
  }),

  ruleCase('the same field is decided the same again', ({ rule, base, a, b }) => {
    const first = outcomeOf(rule, base, a, b);
    rule.decide(fieldOf(b.value, a, a));
    for (let again = 1; again <= 3; again++)
      same(outcomeOf(rule, base, a, b), first, 'the verdict, asked for again');
  }),

  ruleCase('a field that is looked at does not change', ({ rule, base, a, b }) => {
    const field = fieldOf(base, a, b);
    const before = JSON.stringify(field);
    rule.decide(frozen(field));
    same(JSON.stringify(field), before, 'the field');
  }),

  ruleCase('a verdict is a value in JSON or left to a person, and says why', ({ rule, base, a, b }) => {
    const verdict = rule.decide(fieldOf(base, a, b));
    holds(typeof verdict.why === 'string' && verdict.why !== '', 'a verdict does not say why');
    if ('conflict' in verdict) return holds(verdict.conflict, 'a verdict with `conflict` that is not true');
    holds(['local', 'remote', 'both'].includes(verdict.winner), `the winner is ${String(verdict.winner)}`);
    if (verdict.value !== undefined) holdsJson(verdict.value, 'the value');
  }),

  ruleCase('a winner is the side whose value was taken', ({ rule, base, a, b }) => {
    const verdict = rule.decide(fieldOf(base, a, b));
    if ('conflict' in verdict || verdict.winner === 'both') return;
    const side = verdict.winner === 'local' ? a : b;
    same(verdict.value, side.value, `the value of the winner, ${verdict.winner}`);
  }),

  ruleCase('values of any type, and none, are decided without throwing', ({ rule, random }) => {
    const odd = (): Json | undefined => (random.chance(0.2) ? undefined : random.pick(oddValues));
    for (let at = 0; at < 5; at++) {
      const [base, a, b] = [odd(), odd(), odd()];
      const verdict = rule.decide(fieldOf(base, sideOf(a, random), sideOf(b, random)));
      holds(typeof verdict === 'object', 'there is no verdict');
    }
  }),

  ruleCase('a base is not looked at, where the rule says that it needs none', ({ rule, base, a, b }) => {
    if (rule.needsBase) return;
    same(outcomeOf(rule, undefined, a, b), outcomeOf(rule, base, a, b), 'the verdict without a base');
  }),

  ruleCase('what both sides added is kept, where that is promised', ({ rule, setup, random }) => {
    const { additions } = setup;
    if (additions === undefined) return;
    const base = setup.value(random);
    const [a, b] = ['left', 'right'].map((mark) => sideOf(additions.add(base, mark), random));
    const verdict = rule.decide(fieldOf(base, a!, b!));
    const taken = 'value' in verdict ? verdict.value : undefined;
    for (const mark of ['left', 'right'])
      holds(taken !== undefined && additions.has(taken, mark), `what the ${mark} side added is not there`);
  }),
];

/** A value of one side, `undefined` for none, and when it was written. */
interface Side {
  readonly value: Json | undefined;
  readonly stamp: string;
}

/** Nothing decides any more once a person must. */
type Decided = Side | 'a person';

interface RuleWorld {
  readonly setup: FieldRuleSetup;
  readonly rule: FieldRule;
  readonly random: Random;
  readonly base: Json | undefined;
  readonly a: Side;
  readonly b: Side;
  readonly c: Side;
}

/** A case that is tried with many values: mostly those that the rule is made for. */
function ruleCase(name: string, body: (world: RuleWorld) => void): FieldRuleCase {
  return {
    name,
    run: async (setup) => {
      const { rule, seed = 1 } = setup;
      for (let round = 1; round <= rounds; round++) {
        const random = createRandom(`rule ${seed} ${round}`);
        const [base, ...sides] = [0, 1, 2, 3].map(() => valueFrom(setup, random));
        const [a, b, c] = sides.map((value) => sideOf(value, random)) as [Side, Side, Side];
        try {
          body({ setup, rule, random, base, a, b, c });
        } catch (cause) {
          const tried = JSON.stringify({ seed, round, base, a, b, c });
          throw new Error(
            `${rule.name}: ${cause instanceof Error ? cause.message : String(cause)} in ${tried}`,
            {
              cause,
            },
          );
        }
      }
    },
  };
}

function valueFrom(setup: FieldRuleSetup, random: Random): Json | undefined {
  if (random.chance(0.1)) return undefined;
  return random.chance(0.1) ? random.pick(oddValues) : setup.value(random);
}

function sideOf(value: Json | undefined, random: Random): Side {
  return { value, stamp: `00000000000${random.int(4)}-0000-p` };
}

function fieldOf(base: Json | undefined, local: Side, remote: Side): FieldContext {
  return {
    path: '/field',
    entity: 'thing',
    entityId: '1',
    localStamp: local.stamp,
    remoteStamp: remote.stamp,
    ...(base === undefined ? {} : { base }),
    ...(local.value === undefined ? {} : { local: local.value }),
    ...(remote.value === undefined ? {} : { remote: remote.value }),
  };
}

/** The rule read as a binary operation: a side that later decisions can take for one of theirs. */
function decided(rule: FieldRule, base: Json | undefined, a: Decided, b: Decided): Decided {
  if (a === 'a person' || b === 'a person') return 'a person';
  const verdict = rule.decide(fieldOf(base, a, b));
  if ('conflict' in verdict) return 'a person';
  return { value: verdict.value, stamp: a.stamp > b.stamp ? a.stamp : b.stamp };
}

function outcomeOf(rule: FieldRule, base: Json | undefined, a: Side, b: Side): Omit<FieldVerdict, 'why'> {
  const { why: _, ...outcome } = rule.decide(fieldOf(base, a, b));
  return outcome;
}

/** The same object, which throws where code in strict mode writes to it. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
