import fc from 'fast-check';
import {
  clientWins,
  concat,
  custom,
  defineEntity,
  lastWriteWins,
  latest,
  list,
  manual,
  max,
  merge,
  min,
  serverWins,
  sum,
  text,
  union,
  type ConflictStrategy,
  type DeletePolicy,
  type EntityDefinition,
  type JsonObject,
  type Operation,
  type SyncRecord,
} from 'syncline';
import { z } from 'zod';
import { author, draft, type Intent } from '../../src/engine/operations.js';
import { reconcile } from '../../src/resolve/reconcile.js';

const schema = z.object({
  id: z.string(),
  title: z.string().optional(),
  notes: z.string().optional(),
  minutes: z.number().optional(),
  tags: z.array(z.string()).optional(),
  steps: z.array(z.object({ key: z.string(), text: z.string() })).optional(),
  place: z.object({ city: z.string().optional(), zip: z.number().optional() }).optional(),
});

const policies: readonly DeletePolicy[] = ['latest', 'delete-wins', 'update-wins', 'conflict'];

/** All strategies, with all delete policies, over all field rules. */
const strategies: readonly ConflictStrategy[] = policies.flatMap((deletes) => [
  clientWins({ deletes }),
  serverWins({ deletes }),
  serverWins({ granularity: 'record', deletes }),
  lastWriteWins({ deletes }),
  lastWriteWins({ granularity: 'record', deletes }),
  manual({ deletes }),
  custom(
    ({ fields: [field, ...others] }) =>
      others.length > 0 || field?.local === undefined ? 'remote' : { [field.path]: field.local },
    { deletes },
  ),
  merge({ fields: { '/notes': concat(), '/minutes': max(), '/tags': union(), '/place': latest() }, deletes }),
  merge({
    fields: { '/notes': text(), '/minutes': sum(), '/steps': list({ key: 'key' }) },
    otherwise: latest(),
    deletes,
  }),
  merge({ fields: { '/notes': text({ by: 'word' }), '/minutes': min() }, deletes }),
]);

export function entityOf(strategy: ConflictStrategy): EntityDefinition {
  return defineEntity({ name: 'thing', schema, strategy });
}

const words = fc.constantFrom('a', 'b', 'c', 'a b', 'b\nc', '');
const data = fc.record(
  {
    title: words,
    notes: words,
    minutes: fc.integer({ min: 0, max: 4 }),
    tags: fc.uniqueArray(fc.constantFrom('x', 'y', 'z')),
    steps: fc.uniqueArray(fc.record({ key: fc.constantFrom('k', 'l'), text: words }), {
      selector: ({ key }) => key,
    }),
    place: fc.record({ city: words, zip: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
) as unknown as fc.Arbitrary<JsonObject>;

/** One write by one of three authors, who may lag: `seen` is how much of the history it has seen, of 1. */
export const move = fc.record({
  by: fc.constantFrom('ann', 'bob', 'cyd'),
  seen: fc.constantFrom(0, 0.5, 1),
  skewMs: fc.integer({ min: -1_000, max: 1_000 }),
  act: fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('update' as const), data }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('create' as const), data }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('increment' as const),
        value: fc.integer({ min: 1, max: 3 }),
      }),
    },
  ),
});

export type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;

/** States of a record at the server, one after another, and the operation that met each. */
export interface History {
  readonly states: readonly SyncRecord[];
  readonly operations: readonly Operation[];
}

const noon = 1_700_000_000_000;

/** Plays moves against a server that reconciles; those that make no sense on what their author saw are left out. */
export function play(definition: EntityDefinition, first: JsonObject, moves: readonly Move[]): History {
  const states: SyncRecord[] = [];
  const operations: Operation[] = [];
  const counters = new Map<string, number>();
  const write = (by: string, seen: SyncRecord | undefined, intent: Intent, now: number) => {
    const made = tryDraft(intent, seen);
    if (made === undefined || made.changes.length === 0) return;
    const counter = (counters.get(by) ?? 0) + 1;
    counters.set(by, counter);
    const { operation } = author({ replica: by, counter: counter - 1 }, made, {
      definition,
      id: 't',
      view: seen,
      now,
      uuid: `${by}-${counter}`,
    });
    const outcome = reconcile(definition, states.at(-1), operation);
    if (outcome.kind === 'refused') return;
    operations.push(operation);
    states.push(outcome.record);
  };
  write('ann', undefined, { kind: 'create', definition, id: 't', data: { ...first, id: 't' } }, noon);
  moves.forEach(({ by, seen, skewMs, act }, at) => {
    // Nobody forgets its own writes: the newest state that holds them is the least it has seen.
    const own = states.findLastIndex(
      ({ clock }, index) => clock[by] !== undefined && clock[by] !== states[index - 1]?.clock[by],
    );
    const index = Math.max(own, Math.floor(seen * (states.length - 1)));
    write(by, states[index], intentOf(definition, act), noon + at * 100 + skewMs);
  });
  return { states, operations };
}

function intentOf(definition: EntityDefinition, act: Move['act']): Intent {
  const common = { definition, id: 't' };
  switch (act.kind) {
    case 'update':
      return { ...common, kind: 'update', next: (present) => ({ ...present, ...act.data }) };
    case 'delete':
      return { ...common, kind: 'delete' };
    case 'create':
      return { ...common, kind: 'create', data: { ...act.data, id: 't' } };
    case 'increment':
      return {
        ...common,
        kind: 'change',
        change: { path: '/minutes', action: 'increment', value: act.value },
      };
  }
}

/** What an intent comes to, or nothing where its author could not have had it. */
function tryDraft(intent: Intent, view: SyncRecord | undefined) {
  try {
    return draft(intent, view);
  } catch {
    return undefined;
  }
}

/** A definition, a first state and moves. */
export const scene = fc.record({
  strategy: fc.constantFrom(...strategies),
  first: data,
  moves: fc.array(move, { minLength: 1, maxLength: 6 }),
});

/** The record without what only the server gives. */
export function plain({ version: _, ...record }: SyncRecord): Omit<SyncRecord, 'version'> {
  return record;
}
