import { describe, expect, it } from 'vitest';
import { applyAll, contentOf, createWorld, replica, set } from './world.js';

async function withTasks(count: number) {
  const world = createWorld();
  const phone = replica('phone');
  for (let at = 1; at <= count; at++)
    await world.push(phone.create(`t${at}`, { title: `task ${at}`, notes: 'n'.repeat(200) }));
  return { ...world, phone };
}

describe('pull', () => {
  it('gives everything in pages, in the order of the space, and says how much is left', async () => {
    const { pull } = await withTasks(5);
    const first = await pull({ limit: 2 });
    expect(first.changes.map((change) => change.kind === 'put' && change.record.id)).toEqual(['t1', 't2']);
    expect(first.more).toBe(3);
    expect(first.reset).toBeUndefined();
    const second = await pull({ limit: 2, cursor: first.cursor });
    const third = await pull({ limit: 2, cursor: second.cursor });
    expect([second.more, third.more]).toEqual([1, false]);
    expect((await pull({ cursor: third.cursor })).changes).toEqual([]);
  });

  it('never splits what was committed together', async () => {
    const { push, pull } = createWorld();
    const phone = replica('phone');
    await push(phone.create('t1'), phone.create('t2'), phone.create('t3'));
    const page = await pull({ limit: 1 });
    expect(page.changes).toHaveLength(3);
    expect(page.more).toBe(false);
  });

  it('sends only the changed fields of a record the replica already has', async () => {
    const { push, pull, phone } = await withTasks(1);
    const { cursor } = await pull();
    await push(phone.update('t1', [set('/title', 'Tea'), set('/minutes', 5)], { phone: 1 }));
    await push(phone.update('t1', [{ path: '/minutes', action: 'unset' }], { phone: 2 }));
    const page = await pull({ cursor });
    expect(page.changes).toMatchObject([
      {
        kind: 'patch',
        id: 't1',
        version: 3,
        clock: { phone: 3 },
        set: [{ path: '/title', value: 'Tea' }],
        unset: ['/minutes'],
      },
    ]);
  });

  it('tells of a field that one push changed and changed back: its sender may hold what was in between', async () => {
    const { push, pull, phone } = await withTasks(1);
    const { cursor } = await pull();
    await push(
      phone.update('t1', [set('/minutes', 5)], { phone: 1 }),
      phone.update('t1', [{ path: '/minutes', action: 'unset' }], { phone: 2 }),
    );
    expect((await pull({ cursor })).changes).toMatchObject([{ kind: 'patch', unset: ['/minutes'] }]);
  });

  it('tells of a field that changed in one page of a run, in a record that changed again and comes in a later one', async () => {
    const { push, pull, phone } = await withTasks(2);
    const { cursor } = await pull();
    await push(phone.update('t1', [set('/title', 'Tea')], { phone: 1 }));
    await push(phone.update('t2', [set('/title', 'Sea')], { phone: 2 }));
    await push(phone.update('t1', [set('/minutes', 5)], { phone: 3 }));
    const first = await pull({ cursor, limit: 1 });
    expect(first.changes).toMatchObject([{ id: 't2' }]);
    const second = await pull({ cursor: first.cursor, limit: 1 });
    expect(second).toMatchObject({ more: false, changes: [{ kind: 'patch', id: 't1' }] });
    expect(second.changes[0]).toHaveProperty('set', [
      { path: '/title', value: 'Tea' },
      { path: '/minutes', value: 5 },
    ]);
  });

  it('sends a record whole where that is shorter, and when it has risen from the dead', async () => {
    const { push, pull, phone } = await withTasks(1);
    const { cursor } = await pull();
    await push(phone.update('t1', [set('/notes', 'm'), set('/title', 'Tea')], { phone: 1 }));
    expect((await pull({ cursor })).changes).toMatchObject([{ kind: 'put' }]);
    await push(phone.delete('t1', { phone: 2 }));
    const dead = await pull({ cursor });
    expect(dead.changes).toMatchObject([{ kind: 'delete', id: 't1', version: 3 }]);
    await push(replica('laptop').update('t1', [set('/title', 'Tea')], { phone: 2 }));
    expect((await pull({ cursor: dead.cursor })).changes).toMatchObject([
      { kind: 'put', record: { data: { title: 'Tea' } } },
    ]);
  });

  it.each([
    ['malformed', 'nonsense'],
    ['of another epoch', '1.other.1.0.*'],
    ['from the future', '1.epoch1.zz.0.*'],
    ['with a broken escape', '1.epoch1.1.0.%E0'],
  ])('starts over for a cursor that is %s', async (_, cursor) => {
    const { pull } = await withTasks(2);
    const page = await pull({ cursor });
    expect(page.reset).toBe(true);
    expect(page.changes).toHaveLength(2);
  });

  it('starts over after a restore from a backup', async () => {
    const { pull, push, store, phone } = await withTasks(1);
    const backup = store.snapshot();
    await push(phone.create('lost'));
    const { cursor, epoch } = await pull();
    store.restore(backup);
    const page = await pull({ cursor });
    expect(page.reset).toBe(true);
    expect(page.epoch).not.toBe(epoch);
    expect(page.changes).toHaveLength(1);
  });

  it('starts over for a cursor older than what was compacted, but not in the middle of a first pull', async () => {
    const { pull, push, store, phone } = await withTasks(4);
    const old = await pull({ limit: 1 });
    await push(phone.delete('t2', { phone: 2 }));
    const { head } = await store.bounds('default');
    await store.compact('default', { seq: head, outcomesBefore: 0 });
    expect(await pull({ cursor: old.cursor })).toMatchObject({ reset: true });

    let page = await pull({ limit: 1 });
    const held = applyAll(new Map(), page.changes);
    for (let rounds = 0; page.more !== false && rounds < 10; rounds++) {
      page = await pull({ limit: 1, cursor: page.cursor });
      expect(page.reset).toBeUndefined();
      applyAll(held, page.changes);
    }
    expect([...held.keys()].sort()).toEqual(['t1', 't3', 't4']);
  });

  it('goes on with a first pull when older deletes are dropped meanwhile, and starts over when newer ones are', async () => {
    const { pull, push, store, phone } = await withTasks(4);
    await push(phone.delete('t1', { phone: 1 }));
    const first = await pull({ limit: 1 });
    await store.compact('default', { seq: 5, outcomesBefore: 0 });
    expect((await pull({ limit: 1, cursor: first.cursor })).reset).toBeUndefined();
    await push(phone.delete('t2', { phone: 2 }));
    await store.compact('default', { seq: 6, outcomesBefore: 0 });
    expect((await pull({ limit: 1, cursor: first.cursor })).reset).toBe(true);
  });

  it('starts over when more entities are asked for than the cursor covers', async () => {
    const { pull, push } = createWorld();
    const phone = replica('phone');
    await push(phone.create('t1'), phone.create('p1', { text: 'a' }, { entity: 'page' }));
    const tasks = await pull({ entities: ['task'] });
    expect(tasks.changes).toHaveLength(1);
    expect((await pull({ entities: ['task'], cursor: tasks.cursor })).reset).toBeUndefined();
    for (const entities of [['task', 'page'], undefined]) {
      const page = await pull({ cursor: tasks.cursor, ...(entities === undefined ? {} : { entities }) });
      expect(page.reset).toBe(true);
      expect(page.changes).toHaveLength(2);
    }
    const all = await pull();
    expect((await pull({ entities: ['page'], cursor: all.cursor })).reset).toBeUndefined();
  });

  it('moves the cursor past changes of entities that were not asked for', async () => {
    const { pull, push } = createWorld();
    const phone = replica('phone');
    await push(phone.create('t1'));
    const before = await pull({ entities: ['page'] });
    await push(phone.create('p1', { text: 'a' }, { entity: 'page' }));
    expect((await pull({ entities: ['page'], cursor: before.cursor })).changes).toHaveLength(1);
    expect(before.more).toBe(false);
  });

  it('says remove for a record the caller may no longer read, and nothing of it in a first pull', async () => {
    let hidden = '';
    const { pull, push } = createWorld({
      authorize: ({ action, entityId }) => action === 'write' || entityId !== hidden,
    });
    const phone = replica('phone');
    await push(phone.create('t1'), phone.create('t2'));
    const { cursor } = await pull();
    hidden = 't1';
    await push(phone.update('t1', [set('/title', 'secret')], { phone: 1 }));
    expect((await pull({ cursor })).changes).toEqual([{ kind: 'remove', entity: 'task', id: 't1' }]);
    expect((await pull()).changes).toMatchObject([{ kind: 'put', record: { id: 't2' } }]);
  });

  it('keeps pages short, but never splits what was committed together', async () => {
    const { pull, push } = createWorld({ limits: { pageLength: 1000 } });
    const phone = replica('phone');
    const long = { title: 'x'.repeat(400) };
    for (let at = 0; at < 3; at++) await push(phone.create(`a${at}`, long));
    await push(phone.create('b0', long), phone.create('b1', long), phone.create('b2', long));
    await push(phone.create('c', long));
    const pages: string[][] = [];
    let page = await pull();
    for (;;) {
      pages.push(page.changes.map((change) => (change.kind === 'put' ? change.record.id : '')));
      if (page.more === false) break;
      expect(page.more).toBe(7 - pages.flat().length);
      page = await pull({ cursor: page.cursor });
    }
    expect(pages).toEqual([['a0', 'a1'], ['a2', 'b0', 'b1', 'b2'], ['c']]);
  });

  it('rebuilds the same records from pages and patches as the store holds', async () => {
    const { pull, push, store } = createWorld();
    const phone = replica('phone');
    const held = new Map();
    let cursor: string | undefined;
    for (let round = 0; round < 12; round++) {
      const id = `t${round % 3}`;
      const { records } = await contentOf(store);
      const current = records.find((record) => record.id === id);
      await push(
        current === undefined
          ? phone.create(id, { title: id, notes: 'n'.repeat(100) })
          : phone.update(
              id,
              [
                round % 2 === 0 ? set('/minutes', round) : { path: '/minutes', action: 'unset' },
                set('/title', `r${round}`),
              ],
              current.clock,
            ),
      );
      if (round % 2 === 0) continue;
      const page = await pull(cursor === undefined ? {} : { cursor });
      ({ cursor } = page);
      applyAll(held, page.changes);
      const stored = (await contentOf(store)).records.map((record) => [record.id, record.data] as const);
      expect(Object.fromEntries(held)).toEqual(Object.fromEntries(stored));
    }
  });
});
