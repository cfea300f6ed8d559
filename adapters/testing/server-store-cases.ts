import type { ServerRecord } from 'syncline/server';
import { holds, rejects, same } from './check.js';
import { serverStoreHistoryCases } from './server-store-history-cases.js';
import {
  idsSince,
  increment,
  noteKey,
  outcomeOf,
  recordOf,
  saved,
  storeCase,
  type ServerStoreCase,
} from './server-store-world.js';

const stamp = '01900000abcd-0000-phone';

const awkward: readonly Partial<ServerRecord>[] = [
  { id: '__proto__', data: { '': null, constructor: [{}, [], ''] } },
  { id: "it's; DROP TABLE", data: { text: 'lone \ud83d half, 😀, \u0000, \u2028, "quoted" \\' } },
  {
    id: 'a/b~c 😀',
    data: {},
    clock: { 'a-b_c': Number.MAX_SAFE_INTEGER },
    stamps: { '': stamp, '/a~1b': stamp },
  },
  {
    id: 'grave',
    deleted: true,
    version: 0,
    fieldSeqs: { '': 1, '/x': 2 },
    decisions: [
      {
        path: '/x',
        operationId: 'o',
        replica: 'phone',
        base: null,
        local: 1.5e-7,
        winner: 'both',
        rule: 'sum',
        why: '…',
      },
    ],
  },
];

/** What every `ServerStore` must do. */
export const serverStoreCases: readonly ServerStoreCase[] = [
  ...serverStoreHistoryCases,

  storeCase('an empty space has nothing, and its place is 0', async (open) => {
    const store = open();
    same(await store.bounds('s'), { head: 0, horizon: 0 }, 'bounds');
    same(await store.changesSince('s', { after: 0, limit: 5 }), { records: [], remaining: 0 }, 'changes');
    same(await store.outcomes('s', { after: 0, limit: 5 }), [], 'outcomes');
    same(
      await store.transact('s', (transaction) => transaction.load([noteKey('a')])),
      [undefined],
      'records',
    );
  }),

  storeCase('what was saved is read back as it was', async (open) => {
    const store = open();
    const records = awkward.map(({ id = '', ...fields }) => recordOf(id, 1, fields));
    await store.transact('s', async (transaction) => {
      await transaction.seq();
      await transaction.save(records);
    });
    const keys = records.map(({ entity, id }) => ({ entity, id }));
    same(await store.transact('s', (transaction) => transaction.load(keys)), records, 'loaded');
    same((await store.changesSince('s', { after: 0, limit: 9 })).records, records, 'changes');
  }),

  storeCase('records are loaded in the order of the keys', async (open) => {
    const store = open();
    await saved(store, 's', { id: 'a' }, { id: 'b' });
    const keys = [noteKey('b'), noteKey('x'), noteKey('a'), noteKey('b'), { entity: 'other', id: 'a' }];
    const loaded = await store.transact('s', (transaction) => transaction.load(keys));
    same(
      loaded.map((record) => record?.id ?? null),
      ['b', null, 'a', 'b', null],
      'loaded',
    );
  }),

  storeCase('a transaction sees what it did itself', async (open) => {
    const store = open();
    await store.transact('s', async (transaction) => {
      await transaction.save([recordOf('a', await transaction.seq(), { version: 1 })]);
      await transaction.save([recordOf('a', await transaction.seq(), { version: 2 })]);
      same((await transaction.load([noteKey('a')]))[0]?.version, 2, 'version');
      await transaction.recordOutcomes([outcomeOf('o', 1)]);
      holds((await transaction.findOutcomes(['o'])).has('o'), 'the outcome is found');
    });
    same(
      (await store.changesSince('s', { after: 0, limit: 9 })).records.map(({ version }) => version),
      [2],
      'once',
    );
  }),

  storeCase('nothing is left of work that failed', async (open) => {
    const store = open();
    await saved(store, 's', { id: 'a' });
    const failed = store.transact('s', async (transaction) => {
      await transaction.save([recordOf('a', await transaction.seq(), { version: 9 }), recordOf('b', 2)]);
      await transaction.recordOutcomes([outcomeOf('o', 1)]);
      throw new TypeError('changed my mind');
    });
    const error = await failed.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    holds(error instanceof TypeError, 'the error of the work comes out');
    same(await store.bounds('s'), { head: 1, horizon: 0 }, 'bounds');
    same((await store.changesSince('s', { after: 0, limit: 9 })).records, [recordOf('a', 1)], 'records');
    same(await store.outcomes('s', { after: 0, limit: 9 }), [], 'outcomes');
    same(await saved(store, 's', { id: 'c' }), 2, 'the place is given to the next');
  }),

  storeCase('a transaction has one place, however often it asks', async (open) => {
    const store = open();
    const places = await store.transact('s', async (transaction) => [
      await transaction.seq(),
      await transaction.seq(),
    ]);
    same(places, [1, 1], 'places');
  }),

  storeCase('writers of one space come one after the other, in the order of their places', async (open) => {
    const store = open();
    const turns = Array.from({ length: 20 }, (_, at) => at % 4);
    const pause = async (times: number) => {
      for (let at = 0; at < times; at++) await Promise.resolve();
    };
    await Promise.all(
      turns.map((times) => store.transact('s', (transaction) => increment(transaction, () => pause(times)))),
    );
    const { records } = await store.changesSince('s', { after: 0, limit: 9 });
    same(
      records.map(({ data, seq }) => [data['count'], seq]),
      [[20, 20]],
      'what 20 increments at once came to, and the place of the last',
    );
  }),

  storeCase('readers see a transaction whole or not at all', async (open) => {
    const store = open();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const writing = store.transact('s', async (transaction) => {
      const seq = await transaction.seq();
      await transaction.save([recordOf('a', seq)]);
      await gate;
      await transaction.save([recordOf('b', seq)]);
    });
    const reading = [idsSince(store), idsSince(store)];
    release();
    await writing;
    for (const ids of [...(await Promise.all(reading)), await idsSince(store)]) {
      holds(ids.length !== 1, 'half a transaction was seen');
    }
    same(await idsSince(store), ['a', 'b'], 'at the end');
  }),

  storeCase('spaces know nothing of one another', async (open) => {
    const store = open();
    await saved(store, 's', { id: 'a' });
    await store.transact('s', (transaction) => transaction.recordOutcomes([outcomeOf('o', 1)]));
    await saved(store, 't', { id: 'b' });
    same(await idsSince(store), ['a'], 'one space');
    same((await store.changesSince('t', { after: 0, limit: 9 })).records, [recordOf('b', 1)], 'the other');
    same(await store.outcomes('t', { after: 0, limit: 9 }), [], 'outcomes');
    const found = await store.transact('t', (transaction) => transaction.findOutcomes(['o']));
    same(found.size, 0, 'found');
  }),

  storeCase('the epoch stays the same', async (open) => {
    const store = open();
    const epoch = await store.epoch();
    holds(epoch.length > 0, 'an epoch is not empty');
    await saved(store, 's', { id: 'a' });
    same(await store.epoch(), epoch, 'epoch');
  }),

  storeCase('a closed store refuses everything, and may be closed again', async (open) => {
    const store = open();
    await saved(store, 's', { id: 'a' });
    await store.close();
    await rejects(
      store.transact('s', async () => undefined),
      'storage-closed',
      'transact',
    );
    await rejects(store.changesSince('s', { after: 0, limit: 1 }), 'storage-closed', 'changesSince');
    await rejects(store.bounds('s'), 'storage-closed', 'bounds');
    await rejects(store.outcomes('s', { after: 0, limit: 1 }), 'storage-closed', 'outcomes');
    await rejects(store.compact('s', { seq: 0, outcomesBefore: 0 }), 'storage-closed', 'compact');
    await rejects(store.epoch(), 'storage-closed', 'epoch');
    await store.close();
  }),
];

/** What a `ServerStore` over something lasting must do besides. */
export const lastingServerStoreCases: readonly ServerStoreCase[] = [
  storeCase('everything is there after a restart', async (open) => {
    const first = open();
    await saved(first, 's', { id: 'a', deleted: true }, { id: 'b' });
    await first.transact('s', (transaction) => transaction.recordOutcomes([outcomeOf('o', 1)]));
    await first.compact('s', { seq: 1, outcomesBefore: 0 });
    const epoch = await first.epoch();
    await first.close();
    const second = open();
    same(await second.epoch(), epoch, 'epoch');
    same(await second.bounds('s'), { head: 1, horizon: 1 }, 'bounds');
    same(await idsSince(second), ['b'], 'records');
    same((await second.outcomes('s', { after: 0, limit: 9 })).length, 1, 'outcomes');
    same(await saved(second, 's', { id: 'c' }), 2, 'places go on');
  }),

  storeCase('what was committed is there though nobody closed', async (open) => {
    const first = open();
    await saved(first, 's', { id: 'a' }, { id: 'b', data: { text: 'ä😀x'.repeat(25_000) } });
    await first.transact('s', (transaction) => transaction.recordOutcomes([outcomeOf('o', 1)]));
    const second = open();
    const { records } = await first.changesSince('s', { after: 0, limit: 9 });
    same((await second.changesSince('s', { after: 0, limit: 9 })).records, records, 'records');
    same(await second.bounds('s'), { head: 1, horizon: 0 }, 'bounds');
    same((await second.outcomes('s', { after: 0, limit: 9 })).length, 1, 'outcomes');
  }),

  storeCase('nothing of work that failed is there after a restart', async (open) => {
    const first = open();
    const failed = first.transact('s', async (transaction) => {
      await transaction.save([recordOf('a', await transaction.seq())]);
      await transaction.recordOutcomes([outcomeOf('o', 1)]);
      throw new TypeError('changed my mind');
    });
    holds(
      (await failed.catch((error: unknown) => error)) instanceof TypeError,
      'the error of the work comes out',
    );
    await first.close();
    const second = open();
    same(await second.bounds('s'), { head: 0, horizon: 0 }, 'bounds');
    same(await idsSince(second), [], 'records');
    same(await second.outcomes('s', { after: 0, limit: 9 }), [], 'outcomes');
  }),

  storeCase('two stores over one set of data write one after the other', async (open) => {
    const stores = [open(), open()];
    const pause = () => new Promise<void>((resolve) => void Promise.resolve().then(resolve));
    const turns = Array.from({ length: 20 }, (_, at) => stores[at % 2]!);
    await Promise.all(
      turns.map((store) => store.transact('s', (transaction) => increment(transaction, pause))),
    );
    for (const store of stores) {
      const { records } = await store.changesSince('s', { after: 0, limit: 9 });
      same(
        records.map(({ data, seq }) => [data['count'], seq]),
        [[20, 20]],
        'what 20 increments through two stores came to, and the place of the last',
      );
    }
    same(await stores[0]!.epoch(), await stores[1]!.epoch(), 'epoch');
  }),
];
