import { memoryStore } from 'syncline/server-store/memory';
import type { ServerRecord, ServerStore, StoreTransaction } from 'syncline/server';
import { lastingServerStoreCases, serverStoreCases, type ServerStoreSetup } from 'syncline/testing';
import { describe, it } from 'vitest';
import { expectCaught } from './kit.js';

/** Stores that differ from a sound one in these members, and the case that must catch them. */
const broken: Record<
  string,
  readonly [caughtBy: string, flaw: (sound: ServerStore) => Partial<ServerStore>]
> = {
  'keeps half of what failed': [
    'nothing is left of work that failed',
    (sound) => ({
      transact: async (space, work) => {
        let failure: { readonly error: unknown } | undefined;
        const value = await sound.transact(space, (transaction) =>
          work(transaction).catch((error: unknown) => {
            failure = { error };
            return undefined as never;
          }),
        );
        if (failure !== undefined) throw failure.error;
        return value;
      },
    }),
  ],
  'lets writers overlap': [
    'writers of one space come one after the other, in the order of their places',
    (sound) => {
      const rows = new Map<string, ServerRecord>();
      return {
        transact: async (space, work) =>
          work({
            load: async (keys) => keys.map(({ id }) => rows.get(id)),
            seq: () => sound.transact(space, (transaction) => transaction.seq()),
            save: async (records) => {
              for (const record of records) rows.set(record.id, record);
              await sound.transact(space, (transaction) => transaction.save(records));
            },
            findOutcomes: (ids) => sound.transact(space, (transaction) => transaction.findOutcomes(ids)),
            recordOutcomes: (outcomes) =>
              sound.transact(space, (transaction) => transaction.recordOutcomes(outcomes)),
          }),
      };
    },
  ],
  'cuts pages in the middle of a transaction': [
    'pages are cut between transactions, and what is left is counted',
    (sound) => ({
      changesSince: async (space, query) => {
        const { records } = await sound.changesSince(space, { ...query, limit: 1000 });
        return {
          records: records.slice(0, query.limit),
          remaining: Math.max(0, records.length - query.limit),
        };
      },
    }),
  ],
  'does not count what is left': [
    'pages are cut between transactions, and what is left is counted',
    (sound) => ({
      changesSince: async (space, query) => ({ ...(await sound.changesSince(space, query)), remaining: 0 }),
    }),
  ],
  'mixes spaces': [
    'spaces know nothing of one another',
    (sound) => ({ transact: (_, work) => sound.transact('s', work) }),
  ],
  'forgets how far it was compacted': [
    'compaction drops old deletes and old answers, and remembers how far',
    (sound) => ({ bounds: async (space) => ({ ...(await sound.bounds(space)), horizon: 0 }) }),
  ],
  'drops records that are not deleted': [
    'compaction drops old deletes and old answers, and remembers how far',
    (sound) => ({
      changesSince: async (space, query) => {
        const { horizon } = await sound.bounds(space);
        const page = await sound.changesSince(space, query);
        return { ...page, records: page.records.filter(({ seq }) => seq > horizon) };
      },
    }),
  ],
  'ignores the entities asked for': [
    'changes can be asked for by entity',
    (sound) => ({ changesSince: (space, { entities: _, ...query }) => sound.changesSince(space, query) }),
  ],
  'gives out a new epoch each time': [
    'the epoch stays the same',
    (sound) => {
      let asked = 0;
      return { epoch: async () => `${await sound.epoch()}${asked++}` };
    },
  ],
  'works on after it was closed': [
    'a closed store refuses everything, and may be closed again',
    () => ({ close: async () => undefined }),
  ],
};

/** The same for stores over one set of data. */
const brokenLasting: Record<
  string,
  readonly [caughtBy: string, flaw: (sound: ServerStore) => Partial<ServerStore>]
> = {
  'makes an epoch for each store': [
    'everything is there after a restart',
    () => {
      const epoch = crypto.randomUUID();
      return { epoch: async () => epoch };
    },
  ],
  'keeps answers in memory': [
    'what was committed is there though nobody closed',
    (sound) => {
      let isMine = false;
      return {
        transact: (space, work) => ((isMine = true), sound.transact(space, work)),
        outcomes: async (space, query) => (isMine ? sound.outcomes(space, query) : []),
      };
    },
  ],
  'numbers its work before it is done': [
    'nothing of work that failed is there after a restart',
    (sound) => ({
      transact: async (space, work) => {
        const place = await sound.transact(space, (transaction) => transaction.seq());
        return sound.transact(space, (transaction) =>
          work({ ...membersOf(transaction), seq: async () => place }),
        );
      },
    }),
  ],
  'takes turns with itself only': [
    'two stores over one set of data write one after the other',
    (sound) => {
      let turn: Promise<unknown> = Promise.resolve();
      const bare = (space: string): StoreTransaction => ({
        load: (keys) => sound.transact(space, (transaction) => transaction.load(keys)),
        seq: () => sound.transact(space, (transaction) => transaction.seq()),
        save: (records) => sound.transact(space, (transaction) => transaction.save(records)),
        findOutcomes: (ids) => sound.transact(space, (transaction) => transaction.findOutcomes(ids)),
        recordOutcomes: (outcomes) =>
          sound.transact(space, (transaction) => transaction.recordOutcomes(outcomes)),
      });
      return {
        transact: (space, work) => {
          const mine = turn.then(() => work(bare(space)));
          turn = mine.catch(() => undefined);
          return mine;
        },
      };
    },
  ],
};

function membersOf(transaction: StoreTransaction): StoreTransaction {
  return {
    load: (keys) => transaction.load(keys),
    seq: () => transaction.seq(),
    save: (records) => transaction.save(records),
    findOutcomes: (ids) => transaction.findOutcomes(ids),
    recordOutcomes: (outcomes) => transaction.recordOutcomes(outcomes),
  };
}

/** Stores over one set of data, which outlives them. */
function lasting(flaw: (sound: ServerStore) => Partial<ServerStore>): ServerStoreSetup {
  const data = memoryStore();
  return () => ({ ...data, close: async () => undefined, ...flaw(data) });
}

const none = () => ({});

describe('the cases for server stores', () => {
  it.each(Object.entries(broken))('catch a store that %s', async (_, [caughtBy, flaw]) => {
    const setup = (part: typeof flaw) => {
      const sound = memoryStore();
      return () => ({ ...sound, ...part(sound) });
    };
    await expectCaught(serverStoreCases, caughtBy, { sound: setup(none), broken: setup(flaw) });
  });

  it.each(Object.entries(brokenLasting))('catch a store that %s', async (_, [caughtBy, flaw]) => {
    const setups = { sound: lasting(none), broken: lasting(flaw) };
    await expectCaught(lastingServerStoreCases, caughtBy, setups);
  });
});
