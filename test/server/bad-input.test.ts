import { describe, expect, it } from 'vitest';
import { ada, contentOf, createWorld, page, replica, set, task } from './world.js';

function nested(depth: number): Record<string, unknown> {
  return depth === 0 ? {} : { a: nested(depth - 1) };
}

const phone = () => replica('phone');
const group = (size: number) => ({ transaction: { id: 'g', size } });

/** One operation that cannot be taken in, the code it is refused with, and whether that is said for ever. */
const badOperations: [string, () => unknown, string, 'kept'?][] = [
  ['a value the schema refuses', () => phone().create('t1', { title: 7 }), 'validation', 'kept'],
  ['another id in its data', () => phone().create('t1', { id: 't2', title: 'Tea' }), 'validation', 'kept'],
  ['an entity nobody knows', () => phone().create('t1', {}, { entity: 'spaceship' }), 'not-found'],
  [
    'an entity named like a part of every object',
    () => phone().create('t1', {}, { entity: 'constructor' }),
    'not-found',
  ],
  ['an update of nothing', () => phone().update('t1', [set('/title', 'Tea')]), 'not-found', 'kept'],
  ['a schema version from the future', () => phone().create('t1', {}, { schemaVersion: 2 }), 'version'],
  ['a path to a prototype', () => phone().update('t1', [set('/__proto__/admin', true)]), 'protocol'],
  [
    'a key that reaches a prototype',
    () => phone().create('t1', JSON.parse('{"title":"x","__proto__":{"a":1}}')),
    'protocol',
  ],
  ['too much depth', () => phone().create('t1', nested(40) as never), 'protocol'],
  ['too many bytes', () => phone().create('t1', { title: 'x'.repeat(300_000) }), 'limit'],
  ['an unknown kind', () => ({ ...phone().create('t1'), kind: 'upsert' }), 'protocol'],
  ['a group that is not whole', () => phone().create('t1', {}, group(2)), 'protocol'],
  ['a clock without its author', () => ({ ...phone().create('t1'), clock: { laptop: 1 } }), 'protocol'],
];

describe('bad input', () => {
  it.each(badOperations)(
    'with %s is refused, changes no record, and leaves the others alone',
    async (_, bad, code, kept) => {
      const { push, store } = createWorld();
      const other = replica('laptop').create('other');
      const answer = await push(bad(), other);
      expect(answer.results).toMatchObject([{ status: 'rejected', code }, { status: 'accepted' }]);
      const { records, outcomes } = await contentOf(store);
      expect(records.map(({ id }) => id)).toEqual(['other']);
      // What is wrong with the delivery, or only with this server, is not held against the operation.
      const statuses = outcomes.map(({ result }) => result.status);
      expect(statuses).toEqual(kept === 'kept' ? ['rejected', 'accepted'] : ['accepted']);
    },
  );

  it.each<[string, unknown]>([
    ['text that is no JSON', '{"replica":'],
    ['no operations', { replica: 'phone' }],
    ['one id twice', { replica: 'phone', operations: [phone().create('t1'), phone().create('t2')] }],
    ['a replica that is no name', { replica: '../etc/passwd', operations: [] }],
    [
      'an operation that cannot be named',
      { replica: 'phone', operations: [phone().create('t1'), { kind: 'create' }] },
    ],
  ])('of a whole push, as %s, is refused and stores nothing', async (_, request) => {
    const { server, store } = createWorld();
    const before = await contentOf(store);
    await expect(server.push(ada, request)).rejects.toMatchObject({
      code: 'protocol',
      details: { refusal: 'bad-request' },
    });
    expect(await contentOf(store)).toEqual(before);
  });

  it('in too great a number is refused and stores nothing', async () => {
    const { server, store } = createWorld({ limits: { operationsPerPush: 3 } });
    const writer = phone();
    const operations = Array.from({ length: 4 }, (_, at) => writer.create(`t${at}`));
    await expect(server.push(ada, { replica: 'phone', operations })).rejects.toMatchObject({
      code: 'limit',
      details: { operationsMax: 3 },
    });
    expect((await contentOf(store)).records).toEqual([]);
  });

  it('refuses groups that are scattered, and groups with one size too many', async () => {
    const { push, store } = createWorld();
    const writer = phone();
    const scattered = [
      writer.create('a', {}, group(2)),
      writer.create('b'),
      writer.create('c', {}, group(2)),
    ];
    expect((await push(...scattered)).results).toMatchObject([
      { status: 'rejected', code: 'protocol' },
      { status: 'accepted' },
      { status: 'rejected', code: 'protocol' },
    ]);
    const different = [
      writer.create('d', { title: 'd' }, group(2)),
      writer.create('e', { title: 'e' }, group(3)),
    ];
    expect((await push(...different)).results).toMatchObject([{ status: 'rejected' }, { status: 'blocked' }]);
    expect((await contentOf(store)).records.map(({ id }) => id)).toEqual(['b']);
  });

  it('in one operation holds up the later ones of its record, which its author wrote upon it', async () => {
    const { push } = createWorld();
    const writer = phone();
    const bad = { ...writer.create('t1'), kind: 'upsert' };
    expect(
      (await push(bad, writer.update('t1', [set('/title', 'Tea')], { phone: 1 }))).results,
    ).toMatchObject([
      { status: 'rejected', code: 'protocol' },
      { status: 'blocked', by: 'phone-1' },
    ]);
  });
});

describe('schema versions', () => {
  it('below the least one refuse the whole push and name that one', async () => {
    const { push, store } = createWorld({ entities: [{ ...task, version: 3 }], minVersions: { task: 2 } });
    await expect(push(phone().create('t1', {}, { schemaVersion: 1 }))).rejects.toMatchObject({
      code: 'version',
      details: { refusal: 'schema-outdated', entity: 'task', minVersion: 2 },
    });
    expect((await contentOf(store)).records).toEqual([]);
    expect((await push(phone().create('t1', { title: 'Tea' }, { schemaVersion: 2 }))).results).toMatchObject([
      { status: 'accepted' },
    ]);
  });
});

describe('entities nobody declared', () => {
  it('are compared by their clocks where the server is told to, and disagreements left to the clients', async () => {
    const { push } = createWorld({ unknownEntities: 'compare', entities: [] });
    const writer = phone();
    const extra = { entity: 'spaceship', schemaVersion: 7 };
    expect((await push(writer.create('s1', { fuel: 1 }, extra))).results).toMatchObject([
      { status: 'accepted', outcome: 'applied' },
    ]);
    const other = replica('laptop');
    expect((await push(other.update('s1', [set('/crew', 3)], { phone: 1 }, extra))).results).toMatchObject([
      { status: 'accepted' },
    ]);
    expect(
      (await push(writer.update('s1', [set('/name', 'Rocinante')], { phone: 1 }, extra))).results,
    ).toMatchObject([
      { status: 'accepted', outcome: 'merged', record: { data: { fuel: 1, crew: 3, name: 'Rocinante' } } },
    ]);
    expect(
      (await push(other.update('s1', [set('/name', 'Tachi')], { phone: 1, laptop: 1 }, extra))).results,
    ).toMatchObject([
      { status: 'conflict', fields: [{ path: '/name', local: 'Tachi', remote: 'Rocinante' }] },
    ]);
  });
});

describe('rights', () => {
  it('are asked for each write, with the record and the operation, and a refusal is kept', async () => {
    const asked: unknown[] = [];
    let locked = false;
    const { push, store } = createWorld({
      entities: [task, page],
      authorize: ({ action, entityId, record, operation, identity, space }) => {
        asked.push([identity.id, space, action, entityId, record?.version, operation?.kind]);
        return !(locked && record !== undefined);
      },
    });
    const writer = phone();
    await push(writer.create('t1'));
    locked = true;
    const update = writer.update('t1', [set('/title', 'mine')], { phone: 1 });
    expect((await push(update)).results).toMatchObject([{ status: 'rejected', code: 'forbidden' }]);
    locked = false;
    expect((await push(update)).results).toMatchObject([{ status: 'rejected', code: 'forbidden' }]);
    expect(asked).toEqual([
      ['ada', 'default', 'write', 't1', undefined, 'create'],
      ['ada', 'default', 'write', 't1', 1, 'update'],
    ]);
    expect((await contentOf(store)).records).toMatchObject([{ version: 1 }]);
  });

  it('undo the whole batch when they cannot be found out', async () => {
    const { push, store } = createWorld({
      authorize: ({ entityId }) => {
        if (entityId === 't2') throw new Error('the directory is down');
        return true;
      },
    });
    const writer = phone();
    const batch = [writer.create('t1'), writer.create('t2')];
    const before = await contentOf(store);
    await expect(push(...batch)).rejects.toThrow('the directory is down');
    expect(await contentOf(store)).toEqual(before);
  });

  it('choose the space, and keep its records apart', async () => {
    const { server, store } = createWorld({
      space: (_, requested) => (requested?.startsWith('team-') === true ? requested : undefined),
    });
    const operations = [phone().create('t1')];
    await server.push(ada, { replica: 'phone', space: 'team-a', operations });
    await expect(server.push(ada, { replica: 'phone', operations })).rejects.toMatchObject({
      code: 'forbidden',
      details: { refusal: 'wrong-space' },
    });
    expect((await contentOf(store, 'team-a')).records).toHaveLength(1);
    expect((await contentOf(store, 'team-b')).records).toEqual([]);
  });
});
