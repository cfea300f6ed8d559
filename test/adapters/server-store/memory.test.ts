import { describe, expect, it } from 'vitest';
import { memoryStore } from 'syncline/server-store/memory';
import { contentOf, createWorld, replica, sequence } from '../../server/world.js';
import { hold } from '../subjects/hold.js';
import { memoryServerStore } from '../subjects/server-stores.js';

hold(memoryServerStore);

describe('memoryStore', () => {
  it('goes back to a backup, whole, under a new epoch', async () => {
    const { store, push } = createWorld({ store: memoryStore({ newEpoch: sequence('e') }) });
    const phone = replica('phone');
    await push(phone.create('t1'));
    const before = await contentOf(store);
    const backup = store.snapshot();
    await push(phone.create('t2'));
    store.restore(backup);
    expect(await contentOf(store)).toEqual(before);
    expect(await store.epoch()).toBe('e2');
    await push(phone.create('t3'));
    store.restore(backup);
    expect(await contentOf(store)).toEqual(before);
  });

  it('refuses to commit work that began before a backup was restored', async () => {
    const store = memoryStore();
    const backup = store.snapshot();
    const work = store.transact('default', async (transaction) => {
      await transaction.seq();
      store.restore(backup);
    });
    await expect(work).rejects.toMatchObject({ code: 'storage-conflict' });
    expect(await store.bounds('default')).toEqual({ head: 0, horizon: 0 });
  });

  it('can fail before a commit, which undoes it, and after, which only loses the answer', async () => {
    let failing: 'before' | 'after' | undefined = 'before';
    const fail = (at: 'before' | 'after') => {
      if (failing === at) throw new Error(at);
    };
    const faults = { beforeCommit: () => fail('before'), afterCommit: () => fail('after') };
    const { store, push } = createWorld({ store: memoryStore({ faults }) });
    const create = replica('phone').create('t1');
    await expect(push(create)).rejects.toThrow('before');
    expect((await contentOf(store)).records).toEqual([]);
    failing = 'after';
    await expect(push(create)).rejects.toThrow('after');
    expect((await contentOf(store)).records).toHaveLength(1);
    failing = undefined;
    expect((await push(create)).results).toMatchObject([{ status: 'accepted', outcome: 'duplicate' }]);
  });
});
