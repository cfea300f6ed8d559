import { expect, test } from 'vitest';
import {
  custom,
  defineEntity,
  lastWriteWins,
  max,
  merge,
  reconcile,
  rule,
  serverWins,
  union,
  type ConflictStrategy,
  type EntityDefinition,
  type FieldChange,
  type Json,
  type MergeOptions,
  type Operation,
  type SyncRecord,
} from 'syncline';
import { z } from 'zod';

const [earlier, later] = ['018bcfe56800-0001-phone', '018bcfe56800-0002-laptop'];

function pieces(strategy: ConflictStrategy): EntityDefinition {
  return defineEntity({
    name: 'piece',
    schema: z.object({ id: z.string(), title: z.string(), plays: z.number(), tags: z.array(z.string()) }),
    strategy,
  });
}

/** The record after the laptop changed it, unseen by the phone. */
function record(data: object = {}): SyncRecord {
  return {
    entity: 'piece',
    id: 'p',
    data: { id: 'p', title: 'theirs', plays: 10, tags: ['a'], ...data },
    version: 2,
    clock: { phone: 1, laptop: 1 },
    stamp: later,
    stamps: { '': earlier, '/title': later },
  };
}

function operation(changes: readonly FieldChange[], stamp = '018bcfe56800-0003-phone'): Operation {
  return {
    id: 'o',
    entity: 'piece',
    entityId: 'p',
    kind: 'update',
    changes,
    clock: { phone: 2 },
    stamp,
    schemaVersion: 1,
  };
}

const retitled: FieldChange = { path: '/title', action: 'set', value: 'ours', base: 'before' };

test.each([
  ['throws', fail],
  ['answers nothing', () => undefined as never],
  ['answers null', () => null as never],
  ['answers an unknown word', () => 'mine' as never],
  ['answers a promise', () => Promise.resolve('local') as never],
  ['answers a promise that is rejected', () => Promise.reject(new Error('a bug')) as never],
  ['answers what is no JSON', () => ({ '/title': new Date(0) }) as never],
  ['answers not a number', () => ({ '/title': Number.NaN })],
])('a custom strategy that %s leaves the record as it is, to a person', async (_, decide) => {
  const outcome = reconcile(pieces(custom(decide)), record(), operation([retitled]));
  expect(outcome).toMatchObject({ kind: 'conflict', record: record(), fields: [{ path: '/title' }] });
  await rejectionsAreSeen();
});

test('a rule of one’s own that throws leaves its field to a person', () => {
  const broken = {
    name: 'broken',
    laws: { commutative: false, associative: false, idempotent: false },
    needsBase: false,
    decide: fail,
  };
  const outcome = reconcile(pieces(merge({ fields: { '/title': broken } })), record(), operation([retitled]));
  expect(outcome).toMatchObject({ kind: 'conflict', fields: [{ path: '/title' }] });
});

test('a field whose rule is undefined, as in a program without types, is decided by the rule of all others', () => {
  const untyped = { fields: { '/title': undefined } } as unknown as MergeOptions;
  const outcome = reconcile(pieces(merge(untyped)), record(), operation([retitled]));
  expect(outcome).toMatchObject({ kind: 'merged', decisions: [{ path: '/title', rule: 'latest' }] });
});

test.each([
  ['a rule', merge({ fields: { '/tags': rule('adding', ({ local, remote }) => adding(remote, local)) } })],
  ['a custom strategy', custom(({ record: { data } }) => ({ '/tags': adding(data['tags'], 'x') }))],
])('%s that would change what it is given cannot: a person decides, and both sides stay', (_, strategy) => {
  const retagged: FieldChange = { path: '/tags', action: 'set', value: ['ours'], base: [] };
  const [theirs, ours] = [record(), operation([retagged])];
  const outcome = reconcile(pieces(strategy), theirs, ours);
  expect(outcome).toMatchObject({
    kind: 'conflict',
    fields: [{ path: '/tags', local: ['ours'], remote: ['a'] }],
  });
  expect([theirs, ours]).toEqual([record(), operation([retagged])]);
});

function adding(members: Json | undefined, member: Json | undefined): Json {
  (members as unknown[]).push(member);
  return members ?? null;
}

test.each([
  ['throws in a refinement', z.object({ id: z.string() }).refine(fail)],
  ['throws', { '~standard': { version: 1 as const, vendor: 'own', validate: fail } }],
  ['answers later', z.object({ id: z.string() }).refine(async () => Promise.resolve(true))],
])('a schema that %s refuses its record, and ends no process', async (_, schema) => {
  const broken = defineEntity<object>({ name: 'piece', schema });
  const seen = { ...operation([retitled]), clock: { phone: 2, laptop: 1 } };
  expect(reconcile(broken, record(), seen)).toMatchObject({ kind: 'refused', code: 'validation' });
  await rejectionsAreSeen();
});

/** A rejection that nobody handles would fail this run. */
function rejectionsAreSeen(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

function fail(): never {
  throw new Error('a bug');
}

const both: readonly FieldChange[] = [
  retitled,
  { path: '/plays', action: 'increment', value: 5 },
  { path: '/tags', action: 'add', value: ['b'] },
];

test('an operation that wins as a whole adds to the present numbers and sets, not to nothing', () => {
  const outcome = reconcile(
    pieces(lastWriteWins({ granularity: 'record' })),
    record({ plays: 12, tags: ['a', 'x'] }),
    operation(both),
  );
  expect(outcome).toMatchObject({
    kind: 'merged',
    record: { data: { title: 'ours', plays: 17, tags: ['a', 'x', 'b'] } },
  });
});

test('an operation that loses as a whole has each of its changes in one decision', () => {
  const outcome = reconcile(pieces(serverWins({ granularity: 'record' })), record(), operation(both));
  expect(outcome).toMatchObject({ kind: 'superseded', record: { data: record().data } });
  expect(outcome.decisions.map(({ path, local, winner }) => [path, local, winner])).toEqual([
    ['/title', 'ours', 'remote'],
    ['/plays', 15, 'remote'],
    ['/tags', ['a', 'b'], 'remote'],
  ]);
});

test('a losing field takes no increment of the same operation with it', () => {
  const outcome = reconcile(pieces(serverWins()), record(), operation(both));
  expect(outcome).toMatchObject({
    kind: 'merged',
    record: { data: { title: 'theirs', plays: 15, tags: ['a', 'b'] } },
  });
  expect(outcome.decisions.map(({ path }) => path)).toEqual(['/title']);
});

test('a record that is made anew over a tombstone it did not know takes none of the dead values with it', () => {
  const tombstone: SyncRecord = {
    ...record({ tags: ['dead'] }),
    deleted: true,
    stamp: '018bcfe56800-0001-laptop',
  };
  const value = { id: 'p', title: 'anew', plays: 1, tags: [] };
  const made = { ...operation([{ path: '', action: 'set', value }]), kind: 'create' as const };
  const definition = pieces(merge({ fields: { '/tags': union(), '/plays': max() } }));
  const outcome = reconcile(definition, tombstone, made);
  expect(outcome).toMatchObject({ kind: 'merged', record: { data: value } });
  expect(outcome).not.toHaveProperty('record.deleted');
  expect(outcome.decisions).toMatchObject([{ path: '', winner: 'local' }]);
});

test('thousands of fields that disagree are decided one by one, and not each against all others', () => {
  const paths = Array.from({ length: 4_000 }, (_, at) => `/f${at}`);
  const wide = defineEntity({ name: 'piece', schema: z.looseObject({ id: z.string() }) });
  const theirs: SyncRecord = {
    ...record(Object.fromEntries(paths.map((path) => [path.slice(1), 'theirs']))),
    stamps: { '': earlier, ...Object.fromEntries(paths.map((path) => [path, later])) },
  };
  const ours = operation(paths.map((path) => ({ path, action: 'set', value: 'ours', base: 'before' })));
  const from = performance.now();
  const outcome = reconcile(wide, theirs, ours);
  // Each against all others takes several seconds.
  expect(performance.now() - from).toBeLessThan(2_000);
  expect(outcome.decisions).toHaveLength(paths.length);
});
