import { holds, same } from './check.js';
import {
  idsSince,
  outcomeOf,
  recordOf,
  saved,
  storeCase,
  type ServerStoreCase,
} from './server-store-world.js';

/** What every `ServerStore` must do with changes and outcomes, in their order. */
export const serverStoreHistoryCases: readonly ServerStoreCase[] = [
  storeCase('changes come in the order of their places, each record once', async (open) => {
    const store = open();
    for (const id of ['a', 'b', 'c', 'a']) await saved(store, 's', { id });
    same(await idsSince(store), ['b', 'c', 'a'], 'from the start');
    same(await idsSince(store, 2), ['c', 'a'], 'after a place');
    same(await idsSince(store, 4), [], 'at the end');
    same(await idsSince(store, 99), [], 'past the end');
  }),

  storeCase('pages are cut between transactions, and what is left is counted', async (open) => {
    const store = open();
    await saved(store, 's', { id: 'a' });
    await saved(store, 's', { id: 'b' }, { id: 'c' }, { id: 'd' });
    await saved(store, 's', { id: 'e' }, { id: 'f' });
    const page = async (after: number, limit: number) => {
      const { records, remaining } = await store.changesSince('s', { after, limit });
      return [records.map(({ id }) => id).join(''), remaining];
    };
    same(await page(0, 1), ['a', 5], 'one');
    same(await page(0, 2), ['abcd', 2], 'in the middle of a transaction');
    same(await page(0, 4), ['abcd', 2], 'at its end');
    same(await page(1, 4), ['bcdef', 0], 'in the middle of the last');
    same(await page(2, 2), ['ef', 0], 'exactly');
  }),

  storeCase('changes can be asked for by entity', async (open) => {
    const store = open();
    await saved(store, 's', { id: 'a' }, { id: 'b', entity: 'task' });
    await saved(store, 's', { id: 'c', entity: 'task' });
    same(await idsSince(store, 0, 9, ['task']), ['b', 'c'], 'one entity');
    same(await idsSince(store, 0, 9, ['task', 'note', 'none']), ['a', 'b', 'c'], 'several');
    same(await idsSince(store, 0, 9, []), [], 'none');
    same(
      await store
        .changesSince('s', { after: 0, limit: 1, entities: ['task'] })
        .then(({ remaining }) => remaining),
      1,
      'rest',
    );
  }),

  storeCase('outcomes are kept in the order of recording, and found by id', async (open) => {
    const store = open();
    const conflict = {
      status: 'conflict',
      record: recordOf('b', 0),
      fields: [{ path: '/x', local: null }],
    } as const;
    await store.transact('s', (transaction) =>
      transaction.recordOutcomes([outcomeOf('o1', 10), outcomeOf('o2', 20, conflict)]),
    );
    await saved(store, 's', { id: 'a' });
    await store.transact('s', async (transaction) => {
      await transaction.seq();
      await transaction.recordOutcomes([outcomeOf('o3', 30)]);
    });
    const all = await store.outcomes('s', { after: 0, limit: 9 });
    same(
      all.map(({ operation, at, seq }) => [operation.id, at, seq]),
      [
        ['o1', 10, 0],
        ['o2', 20, 0],
        ['o3', 30, 2],
      ],
      'all',
    );
    holds(
      all.every(({ index }, at) => index > (all[at - 1]?.index ?? 0)),
      'indexes grow',
    );
    const rest = await store.outcomes('s', { after: all[0]?.index ?? 0, limit: 1 });
    same(
      rest.map(({ operation }) => operation.id),
      ['o2'],
      'after an index, up to a limit',
    );
    const conflicts = await store.outcomes('s', { after: 0, limit: 9, status: 'conflict' });
    same(
      conflicts.map(({ result }) => result),
      [outcomeOf('o2', 20, conflict).result],
      'by status',
    );
    const found = await store.transact('s', (transaction) =>
      transaction.findOutcomes(['o3', 'none', 'o1', 'o1']),
    );
    same(
      [...found].map(([id, { result, at }]) => [id, result.id, at]).sort(),
      [
        ['o1', 'o1', 10],
        ['o3', 'o3', 30],
      ],
      'by id',
    );
  }),

  storeCase('compaction drops old deletes and old answers, and remembers how far', async (open) => {
    const store = open();
    await saved(store, 's', { id: 'a', deleted: true }, { id: 'b' });
    await saved(store, 's', { id: 'c', deleted: true });
    await saved(store, 's', { id: 'd', deleted: true });
    await store.transact('s', (transaction) =>
      transaction.recordOutcomes([outcomeOf('o1', 10), outcomeOf('o2', 20)]),
    );
    await store.compact('s', { seq: 2, outcomesBefore: 20 });
    same(await idsSince(store), ['b', 'd'], 'records');
    same(
      (await store.outcomes('s', { after: 0, limit: 9 })).map(({ operation }) => operation.id),
      ['o2'],
      'outcomes',
    );
    same(await store.bounds('s'), { head: 3, horizon: 2 }, 'bounds');
    await store.compact('s', { seq: 1, outcomesBefore: 0 });
    same(await store.bounds('s'), { head: 3, horizon: 2 }, 'the horizon never falls');
    await store.compact('s', { seq: 99, outcomesBefore: 0 });
    same(await store.bounds('s'), { head: 3, horizon: 3 }, 'nor does it pass the present');
    await store.compact('empty', { seq: 5, outcomesBefore: 5 });
    same(await store.bounds('empty'), { head: 0, horizon: 0 }, 'an empty space');
    same(await saved(store, 's', { id: 'e' }), 4, 'places go on');
  }),
];
