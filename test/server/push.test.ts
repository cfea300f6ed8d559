import { describe, expect, it } from 'vitest';
import { ada, contentOf, createWorld, replica, set, startMs } from './world.js';

const record = (answer: { results: readonly object[] }, at = 0) =>
  (answer.results[at] as { record?: { data: unknown; version: number; clock: unknown } }).record;

const broughtBack = {
  path: '',
  operationId: 'phone-3',
  replica: 'phone',
  winner: 'local',
  rule: 'person',
  why: 'A person brought the record back.',
} as const;

describe('push', () => {
  it('stores a create and answers without the record, which its author can compute', async () => {
    const { push, store } = createWorld();
    const phone = replica('phone');
    const answer = await push(phone.create('t1', { title: 'Tea' }));
    expect(answer.results).toEqual([{ id: 'phone-1', status: 'accepted', outcome: 'applied', version: 1 }]);
    expect(answer.epoch).toBe('epoch1');
    expect(answer.serverTime).toBe(startMs);
    const { records } = await contentOf(store);
    expect(records).toMatchObject([
      {
        entity: 'task',
        id: 't1',
        data: { id: 't1', title: 'Tea' },
        version: 1,
        seq: 1,
        clock: { phone: 1 },
        fieldSeqs: { '': 1 },
      },
    ]);
  });

  it('takes what depends on an operation that it has lost, once it has the one that carries that on', async () => {
    const { push } = createWorld();
    const phone = replica('phone');
    const heir = { ...phone.create('t1', { title: 'Tea' }), replaces: 'lost-in-a-restore' };
    const dependant = { ...phone.create('t2'), dependsOn: ['lost-in-a-restore'] };
    expect((await push(dependant)).results).toMatchObject([{ status: 'blocked', by: 'lost-in-a-restore' }]);
    expect((await push(heir)).results).toMatchObject([{ status: 'accepted' }]);
    expect((await push(dependant)).results).toMatchObject([{ status: 'accepted' }]);
  });

  it('keeps its answer to an operation that another one of the push claims to carry on', async () => {
    const { push } = createWorld();
    const phone = replica('phone');
    const [first, second] = [phone.create('t1'), phone.create('t2')];
    await push(first, { ...second, replaces: first.id });
    expect((await push(first)).results).toMatchObject([{ status: 'accepted', outcome: 'duplicate' }]);
  });

  it('gives each accepted operation of a record its own version and the batch one seq', async () => {
    const { push, store } = createWorld();
    const phone = replica('phone');
    const answer = await push(
      phone.create('t1'),
      phone.update('t1', [set('/title', 'Tea')], { phone: 1 }),
      phone.create('t2'),
    );
    expect(answer.results.map((result) => 'version' in result && result.version)).toEqual([1, 2, 1]);
    expect((await contentOf(store)).records.map(({ id, version, seq }) => [id, version, seq])).toEqual([
      ['t1', 2, 1],
      ['t2', 1, 1],
    ]);
  });

  it('merges a concurrent change and sends the record along', async () => {
    const { push } = createWorld();
    const phone = replica('phone');
    const laptop = replica('laptop');
    await push(phone.create('t1', { title: 'Tea', minutes: 1 }));
    await push(laptop.update('t1', [set('/minutes', 5, 1)], { phone: 1 }));
    const answer = await push(phone.update('t1', [set('/title', 'Green tea', 'Tea')], { phone: 1 }));
    expect(answer.results[0]).toMatchObject({ status: 'accepted', outcome: 'merged', version: 3 });
    expect(record(answer)?.data).toEqual({ id: 't1', title: 'Green tea', minutes: 5 });
    expect(record(answer)?.version).toBe(3);
    expect(record(answer)?.clock).toEqual({ phone: 2, laptop: 1 });
  });

  it('answers a replayed batch as accepted once more and changes nothing', async () => {
    const { push, store } = createWorld();
    const phone = replica('phone');
    const batch = [
      phone.create('t1', { title: 'Tea', minutes: 1 }),
      phone.update('t1', [{ path: '/minutes', action: 'increment', value: 2 }], { phone: 1 }),
    ];
    await push(...batch);
    const before = await contentOf(store);
    for (const repeat of [batch, batch.slice(1), [...batch].reverse()]) {
      const answer = await push(...repeat);
      expect(answer.results.map((result) => result.status === 'accepted' && result.outcome)).toEqual(
        repeat.map(() => 'duplicate'),
      );
      expect(record(answer)?.data).toEqual({ id: 't1', title: 'Tea', minutes: 3 });
    }
    expect(await contentOf(store)).toEqual(before);
  });

  it('keeps a conflict for the same answer later, with the record as it is then', async () => {
    const { push, store } = createWorld();
    const phone = replica('phone');
    const laptop = replica('laptop');
    await push(phone.create('p1', { text: 'a' }, { entity: 'page' }));
    await push(laptop.update('p1', [set('/text', 'b', 'a')], { phone: 1 }, { entity: 'page' }));
    const contested = phone.update('p1', [set('/text', 'c', 'a')], { phone: 1 }, { entity: 'page' });
    const first = await push(contested);
    expect(first.results[0]).toMatchObject({
      status: 'conflict',
      fields: [{ path: '/text', base: 'a', local: 'c', remote: 'b' }],
      record: { data: { text: 'b' }, version: 2 },
    });
    await push(laptop.update('p1', [set('/text', 'd', 'b')], { phone: 1, laptop: 1 }, { entity: 'page' }));
    const before = await contentOf(store);
    expect((await push(contested)).results[0]).toMatchObject({
      status: 'conflict',
      record: { data: { text: 'd' }, version: 3 },
    });
    expect(await contentOf(store)).toEqual(before);
  });

  it('accepts what carries on a conflict under a new id and the old counter', async () => {
    const { push } = createWorld();
    const phone = replica('phone');
    const laptop = replica('laptop');
    await push(phone.create('p1', { text: 'a' }, { entity: 'page' }));
    await push(laptop.update('p1', [set('/text', 'b', 'a')], { phone: 1 }, { entity: 'page' }));
    const contested = phone.update('p1', [set('/text', 'c', 'a')], { phone: 1 }, { entity: 'page' });
    await push(contested);
    const decision = {
      path: '/text',
      operationId: contested.id,
      replica: 'phone',
      winner: 'local',
      rule: 'manual',
      why: 'chosen',
    } as const;
    const successor = {
      ...contested,
      id: 'phone-2b',
      replaces: contested.id,
      clock: { phone: 2, laptop: 1 },
      decisions: [decision],
    };
    expect((await push(successor)).results[0]).toMatchObject({
      status: 'accepted',
      outcome: 'applied',
      version: 3,
    });
    expect((await push(contested)).results[0]).toMatchObject({
      status: 'conflict',
      record: { data: { text: 'c' }, decisions: [decision] },
    });
    // The same conflict, decided by someone who did not know.
    const late = await push({ ...successor, id: 'phone-2c', changes: [set('/text', 'z', 'b')] });
    expect(late.results[0]).toMatchObject({
      status: 'accepted',
      outcome: 'superseded',
      version: 3,
      record: { data: { text: 'c' } },
    });
  });

  it('says identity-lost, and keeps nothing, where a counter was used for another operation', async () => {
    const { push, store } = createWorld();
    await push(replica('phone').create('t1'));
    const before = await contentOf(store);
    const answer = await push({ ...replica('phone').create('t1', { title: 'other' }), id: 'clone-1' });
    expect(answer.results[0]).toMatchObject({ id: 'clone-1', status: 'rejected', code: 'identity-lost' });
    expect(await contentOf(store)).toEqual(before);
  });

  it('brings a stamp from the future back to its own time and tells the author by sending the record', async () => {
    const { push, runtime } = createWorld();
    const future = replica('phone', startMs + 5 * 60_000);
    const answer = await push(future.create('t1'));
    expect(answer.results[0]).toMatchObject({
      status: 'accepted',
      outcome: 'applied',
      record: { version: 1 },
    });
    expect(record(answer)).toMatchObject({
      stamp: `${runtime.nowMs.toString(16).padStart(12, '0')}-0000-phone`,
    });
    const near = await push(replica('laptop', startMs + 5 * 60_000 - 10).create('t2'));
    expect(record(near)).toBeUndefined();
  });

  it('sends the record along when it has risen from the dead: its author may never have had that data', async () => {
    const { push } = createWorld();
    const phone = replica('phone');
    await push(phone.create('t1', { title: 'Tea', minutes: 7 }));
    await push(phone.delete('t1', { phone: 1 }));
    const answer = await push(
      phone.update('t1', [set('/title', 'Coffee')], { phone: 2 }, { decisions: [broughtBack] }),
    );
    expect(answer.results[0]).toMatchObject({ outcome: 'applied', version: 3 });
    expect(record(answer)?.data).toEqual({ id: 't1', title: 'Coffee', minutes: 7 });
  });

  it('refuses an update by someone who knew that the record was deleted, and has not brought it back', async () => {
    const { push } = createWorld();
    const phone = replica('phone');
    await push(phone.create('t1'));
    await push(phone.delete('t1', { phone: 1 }));
    const answer = await push(phone.update('t1', [set('/title', 'Coffee')], { phone: 2 }));
    expect(answer.results[0]).toMatchObject({ status: 'rejected', code: 'not-found' });
  });

  it('reports a bus ring for each batch that changed something', async () => {
    const rings: unknown[] = [];
    const { push } = createWorld({ bus: { publish: (ring) => rings.push(ring) } });
    const phone = replica('phone');
    const create = phone.create('t1');
    await push(create);
    await push(create);
    await push(phone.create('t2'));
    expect(rings).toEqual([
      { space: 'default', seq: 1 },
      { space: 'default', seq: 2 },
    ]);
  });
});

describe('after a restore from a backup', () => {
  it('takes nothing in from a sender who has not heard of it, and would skip what was lost', async () => {
    const { server, pull, store } = createWorld();
    const phone = replica('phone');
    const [create, update, later] = [
      phone.create('t1'),
      phone.update('t1', [set('/title', 'Tea')], { phone: 1 }),
      phone.update('t1', [set('/minutes', 5)], { phone: 2 }),
    ];
    const send = (cursor: string, ...operations: unknown[]) =>
      server.push(ada, { replica: 'phone', cursor, operations });
    await send((await pull()).cursor, create);
    const backup = store.snapshot();
    const { cursor } = await pull();
    await send(cursor, update);
    store.restore(backup);
    expect((await send(cursor, later)).results).toMatchObject([{ status: 'retry', code: 'epoch-changed' }]);
    const renewed = (await pull({ cursor })).cursor;
    await send(renewed, update, later);
    expect((await pull()).changes).toMatchObject([{ record: { data: { title: 'Tea', minutes: 5 } } }]);
  });
});

describe('what is held up in a batch', () => {
  it('lets an operation go that depends on a contested one, once that one was carried on', async () => {
    const { push } = createWorld();
    const [phone, laptop] = [replica('phone'), replica('laptop')];
    await push(phone.create('p1', { text: 'a' }, { entity: 'page' }));
    const contested = laptop.update('p1', [set('/text', 'b')], {}, { entity: 'page' });
    const dependant = laptop.create('t1', { title: 'Tea' }, { dependsOn: [contested.id] });
    const first = await push(contested, dependant);
    expect(first.results).toMatchObject([{ status: 'conflict' }, { status: 'blocked', by: contested.id }]);
    const decided = { ...contested, id: 'laptop-1b', replaces: contested.id, clock: { phone: 1, laptop: 1 } };
    const second = await push(decided, dependant);
    expect(second.results).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }]);
  });

  it('answers a contested member of a group with the record as it is held, not as earlier members made it', async () => {
    const { push } = createWorld();
    const [phone, laptop] = [replica('phone'), replica('laptop')];
    await push(phone.create('p1', { text: 'a' }, { entity: 'page' }));
    const group = { entity: 'page', transaction: { id: 'g1', size: 2 } };
    const answer = await push(
      laptop.update('p1', [set('/note', 'c')], {}, group),
      laptop.update('p1', [set('/text', 'b')], {}, group),
    );
    expect(answer.results).toMatchObject([
      { status: 'blocked' },
      { status: 'conflict', record: { version: 1, clock: { phone: 1 } } },
    ]);
  });

  it('blocks later operations of a record after one that was refused, and records none of them', async () => {
    const { push, store } = createWorld();
    const phone = replica('phone');
    await push(phone.create('t1'));
    const answer = await push(
      phone.update('t1', [set('/minutes', 'many')], { phone: 1 }),
      phone.update('t1', [set('/title', 'Tea')], { phone: 2 }),
      phone.create('t2'),
    );
    expect(answer.results).toMatchObject([
      { status: 'rejected', code: 'validation' },
      { status: 'blocked', by: 'phone-2' },
      { status: 'accepted' },
    ]);
    expect((await contentOf(store)).outcomes.map(({ operation }) => operation.id)).toEqual([
      'phone-1',
      'phone-2',
      'phone-4',
    ]);
  });

  it('blocks what depends on a refused or unknown operation', async () => {
    const { push } = createWorld();
    const phone = replica('phone');
    const answer = await push(
      phone.create('t1', { title: 7 }),
      phone.create('t2', {}, { dependsOn: ['phone-1'] }),
      phone.create('t3', { title: 'x' }, { dependsOn: ['never-seen'] }),
      phone.create('t4'),
      phone.create('t5', { title: 'x' }, { dependsOn: ['phone-4'] }),
    );
    expect(answer.results).toMatchObject([
      { status: 'rejected' },
      { status: 'blocked', by: 'phone-1' },
      { status: 'blocked', by: 'never-seen' },
      { status: 'accepted' },
      { status: 'accepted' },
    ]);
    expect(
      (await push(phone.create('t6', { title: 'x' }, { dependsOn: ['phone-5'] }))).results[0],
    ).toMatchObject({ status: 'accepted' });
  });

  it('applies nothing of a group with a refused member and names it to the others', async () => {
    const { push, store } = createWorld();
    const phone = replica('phone');
    const mark = { transaction: { id: 'g', size: 3 } };
    const answer = await push(
      phone.create('t1', { title: 'one' }, mark),
      phone.create('t2', { title: 2 }, mark),
      phone.create('t3', { title: 'three' }, mark),
      phone.update('t1', [set('/title', 'Tea')], { phone: 1 }),
    );
    expect(answer.results).toMatchObject([
      { status: 'blocked', by: 'phone-2' },
      { status: 'rejected', code: 'validation' },
      { status: 'blocked', by: 'phone-2' },
      { status: 'blocked', by: 'phone-2' },
    ]);
    const { records, outcomes } = await contentOf(store);
    expect(records).toEqual([]);
    expect(outcomes.map(({ operation }) => operation.id)).toEqual(['phone-2']);
  });

  it('lets the members of a group build on one another', async () => {
    const { push, store } = createWorld();
    const phone = replica('phone');
    const mark = { transaction: { id: 'g', size: 2 } };
    const answer = await push(
      phone.create('t1', { title: 'one' }, mark),
      phone.update('t1', [set('/title', 'two')], { phone: 1 }, mark),
    );
    expect(answer.results).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }]);
    expect((await contentOf(store)).records).toMatchObject([{ data: { title: 'two' }, version: 2 }]);
  });
});
