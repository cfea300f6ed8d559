import { describe, expect, it } from 'vitest';
import { contentHash } from '../../src/diff/canonical.js';
import { ada, contentOf, createWorld, page, replica, set } from './world.js';

const onPage = { entity: 'page' };

/** A page on which phone and laptop disagree; the laptop came first. */
async function contestedWorld(options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options);
  const phone = replica('phone');
  const laptop = replica('laptop');
  await world.push(phone.create('p1', { text: 'a' }, onPage));
  await world.push(laptop.update('p1', [set('/text', 'b', 'a')], { phone: 1 }, onPage));
  const contested = phone.update('p1', [set('/text', 'c', 'a')], { phone: 1 }, onPage);
  await world.push(contested);
  const resolve = (request: object, id = contested.id) =>
    world.server.resolveConflict(ada, id, { operationId: 'desk-1', ...request }, 'desk of ada');
  const list = () => world.server.conflicts(ada);
  return { ...world, phone, laptop, contested, resolve, list };
}

describe('the list of conflicts', () => {
  it('names what nobody has decided, with both sides and the record as it is', async () => {
    const { list, contested, push, laptop } = await contestedWorld();
    await push(laptop.update('p1', [set('/text', 'bb', 'b')], { phone: 1, laptop: 1 }, onPage));
    const answer = await list();
    expect(answer).toMatchObject({
      conflicts: [
        {
          id: contested.id,
          operation: contested,
          fields: [{ path: '/text', base: 'a', local: 'c', remote: 'b' }],
          record: { data: { text: 'bb' } },
        },
      ],
      more: false,
    });
    expect(
      (await (await contestedWorld()).server.conflicts(ada, { cursor: answer.cursor })).conflicts,
    ).toEqual([]);
  });

  it('forgets what its author carried on', async () => {
    const { list, push, contested } = await contestedWorld();
    const successor = {
      ...contested,
      id: 'phone-2b',
      replaces: contested.id,
      clock: { phone: 2, laptop: 1 },
    };
    await push(successor);
    expect((await list()).conflicts).toEqual([]);
  });

  it('shows nothing to one who may not read the record', async () => {
    const { list } = await contestedWorld({ authorize: ({ action }) => action === 'write' });
    expect((await list()).conflicts).toEqual([]);
  });

  it('comes in pages', async () => {
    const { push, server } = createWorld();
    const phone = replica('phone');
    const laptop = replica('laptop');
    for (let at = 0; at < 101; at++) {
      await push(phone.create(`p${at}`, { text: 'a' }, onPage));
      await push(laptop.create(`p${at}`, { text: 'b' }, onPage));
    }
    const first = await server.conflicts(ada);
    expect([first.conflicts.length, first.more]).toEqual([100, true]);
    const second = await server.conflicts(ada, { cursor: first.cursor });
    expect([second.conflicts.length, second.more]).toEqual([1, false]);
  });

  it('refuses a cursor that is none', async () => {
    const { server } = createWorld();
    await expect(server.conflicts(ada, { cursor: 'x' })).rejects.toMatchObject({ code: 'protocol' });
  });
});

describe('deciding a conflict', () => {
  it.each([
    ['local', {}, 'c'],
    ['remote', {}, 'b'],
    ['merged', { merged: { id: 'p1', text: 'b and c' } }, 'b and c'],
  ])('as %s changes the record and explains it', async (resolution, extra, text) => {
    const { resolve, list, store, contested } = await contestedWorld();
    expect(await resolve({ resolution, ...extra })).toMatchObject({
      id: 'desk-1',
      status: 'accepted',
      version: 3,
    });
    const [record] = (await contentOf(store)).records;
    expect(record).toMatchObject({ data: { id: 'p1', text }, clock: { phone: 2, laptop: 1 } });
    expect(record?.decisions).toMatchObject([
      {
        path: '/text',
        operationId: contested.id,
        replica: 'phone',
        base: 'a',
        local: 'c',
        remote: 'b',
        result: text,
        rule: 'person',
      },
    ]);
    expect((await list()).conflicts).toEqual([]);
    expect((await contentOf(store)).outcomes.at(-1)?.operation.meta).toEqual({ device: 'desk of ada' });
  });

  it('answers the author as before, with the decided record, whose clock tells that it is settled', async () => {
    const { resolve, push, contested } = await contestedWorld();
    await resolve({ resolution: 'local' });
    expect((await push(contested)).results).toMatchObject([
      { status: 'conflict', record: { data: { text: 'c' }, clock: { phone: 2 } } },
    ]);
  });

  it('twice under one id is one decision', async () => {
    const { resolve, store } = await contestedWorld();
    await resolve({ resolution: 'local' });
    const before = await contentOf(store);
    expect(await resolve({ resolution: 'local' })).toMatchObject({
      status: 'accepted',
      outcome: 'duplicate',
      version: 3,
    });
    expect(await contentOf(store)).toEqual(before);
  });

  it('that was decided already leaves the record as it is', async () => {
    const { resolve, store } = await contestedWorld();
    await resolve({ resolution: 'local' });
    expect(await resolve({ resolution: 'remote', operationId: 'desk-2' })).toMatchObject({
      outcome: 'superseded',
      record: { data: { text: 'c' } },
    });
    expect((await contentOf(store)).records).toMatchObject([{ version: 3, data: { text: 'c' } }]);
  });

  it('against a deletion can bring the record back or let it rest', async () => {
    for (const [resolution, expected] of [
      ['local', { data: { text: 'c' } }],
      ['remote', { deleted: true }],
    ] as const) {
      const { push, server, store } = createWorld();
      const phone = replica('phone');
      await push(phone.create('p1', { text: 'a' }, onPage));
      await push(replica('laptop').delete('p1', { phone: 1 }, onPage));
      const contested = phone.update('p1', [set('/text', 'c', 'a')], { phone: 1 }, onPage);
      expect((await push(contested)).results).toMatchObject([{ status: 'conflict' }]);
      expect(
        await server.resolveConflict(ada, contested.id, { resolution, operationId: 'desk-1' }),
      ).toMatchObject({ status: 'accepted' });
      const [record] = (await contentOf(store)).records;
      expect(record).toMatchObject(expected);
      expect(record?.deleted ?? false).toBe(resolution === 'remote');
    }
  });

  it('needs the right to write, and data the schema takes', async () => {
    const allowed = await contestedWorld();
    expect(await allowed.resolve({ resolution: 'merged', merged: { id: 'p1', text: 7 } })).toMatchObject({
      status: 'rejected',
      code: 'validation',
    });
    let isLocked = false;
    const { resolve } = await contestedWorld({ authorize: () => !isLocked });
    isLocked = true;
    expect(await resolve({ resolution: 'local' })).toMatchObject({ status: 'rejected', code: 'forbidden' });
  });

  it.each([
    ['no such conflict', 'phone-1', { resolution: 'local' }, 'not-found'],
    ['an unknown resolution', 'phone-2', { resolution: 'both' }, 'protocol'],
    ['a merge without data', 'phone-2', { resolution: 'merged' }, 'protocol'],
    ['data without a merge', 'phone-2', { resolution: 'local', merged: {} }, 'protocol'],
    [
      'data with an unsafe key',
      'phone-2',
      { resolution: 'merged', merged: JSON.parse('{"a":{"__proto__":1}}') },
      'protocol',
    ],
  ])('with %s is refused', async (_, id, request, code) => {
    const { resolve, store } = await contestedWorld();
    const before = await contentOf(store);
    await expect(resolve(request, id)).rejects.toMatchObject({ code });
    expect(await contentOf(store)).toEqual(before);
  });

  it('within a transaction is left to its author, who carries on all of it', async () => {
    const { push, server } = createWorld();
    const phone = replica('phone');
    await push(phone.create('p1', { text: 'a' }, onPage));
    await push(replica('laptop').update('p1', [set('/text', 'b', 'a')], { phone: 1 }, onPage));
    const mark = { ...onPage, transaction: { id: 'g', size: 2 } };
    const contested = phone.update('p1', [set('/text', 'c', 'a')], { phone: 1 }, mark);
    await push(contested, phone.create('p2', { text: 'x' }, mark));
    await expect(
      server.resolveConflict(ada, contested.id, { resolution: 'local', operationId: 'desk-1' }),
    ).rejects.toMatchObject({ code: 'protocol' });
  });

  it('works over HTTP', async () => {
    const { server } = await contestedWorld({ mode: 'development' });
    const url = 'https://sync.example/api/v1/sync/conflicts';
    const listed = (await (await server.fetch(new Request(`${url}?cursor=0`))).json()) as {
      conflicts: { id: string }[];
    };
    const [conflict] = listed.conflicts;
    const answer = await server.fetch(
      new Request(`${url}/${conflict!.id}/resolve`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-device-id': 'tablet' },
        body: JSON.stringify({ resolution: 'local', operationId: 'desk-1' }),
      }),
    );
    expect(await answer.json()).toMatchObject({
      id: 'desk-1',
      status: 'accepted',
      epoch: expect.any(String),
    });
  });
});

describe('delta', () => {
  const held = (data: Record<string, string>) =>
    Object.fromEntries(Object.entries(data).map(([path, value]) => [path, contentHash(value)]));

  it('sends the leaves that differ, and names those that are gone', async () => {
    const { push, server } = createWorld({ entities: [page] });
    const phone = replica('phone');
    await push(phone.create('p1', { text: 'a', more: { x: 1, y: [1] }, empty: {} }, onPage));
    const fields = held({ '/text': 'old', '/id': 'p1', '/more': 'a text once', '/gone': 'z' });
    expect(await server.delta(ada, { entity: 'page', id: 'p1', version: 0, fields })).toMatchObject({
      version: 1,
      clock: { phone: 1 },
      changed: [
        { path: '/text', value: 'a' },
        { path: '/more/x', value: 1 },
        { path: '/more/y', value: [1] },
        { path: '/empty', value: {} },
      ],
      removed: ['/more', '/gone'],
    });
  });

  it('says so when nothing changed', async () => {
    const { push, server } = createWorld();
    await push(replica('phone').create('t1'));
    expect(await server.delta(ada, { entity: 'task', id: 't1', version: 1, fields: {} })).toMatchObject({
      unchanged: true,
      epoch: 'epoch1',
    });
  });

  it('does not tell a record that may not be read from one that is not there', async () => {
    const { push, server } = createWorld({ authorize: ({ action }) => action === 'write' });
    await push(replica('phone').create('t1'));
    for (const id of ['t1', 'nothing']) {
      await expect(server.delta(ada, { entity: 'task', id, version: 0, fields: {} })).rejects.toMatchObject({
        code: 'not-found',
      });
    }
  });

  it.each([{ fields: [] }, { fields: { 'no pointer': 'h' } }, { version: -1 }, { entity: '/' }])(
    'refuses %j',
    async (change) => {
      const { server } = createWorld();
      await expect(
        server.delta(ada, { entity: 'task', id: 't1', version: 0, fields: {}, ...change }),
      ).rejects.toMatchObject({ code: 'protocol' });
    },
  );
});
