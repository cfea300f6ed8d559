import type { Operation } from 'syncline';
import type { RecordKey, ServerRecord, ServerStore, StoredOutcome, StoreTransaction } from 'syncline/server';
import type { ConformanceCase } from './check.js';

/** Makes a store. All stores of one setup stand over the same data, which is empty at first, where that is possible. */
export type ServerStoreSetup = () => ServerStore;

export type ServerStoreCase = ConformanceCase<ServerStoreSetup>;

/** A case whose stores are closed at the end, whatever happened. */
export function storeCase(name: string, body: (open: () => ServerStore) => Promise<void>): ServerStoreCase {
  return {
    name,
    run: async (setup) => {
      const stores: ServerStore[] = [];
      const open = () => {
        const store = setup();
        stores.push(store);
        return store;
      };
      try {
        await body(open);
      } finally {
        for (const store of stores) await store.close();
      }
    },
  };
}

export function recordOf(id: string, seq: number, fields: Partial<ServerRecord> = {}): ServerRecord {
  return {
    entity: 'note',
    id,
    data: { id },
    version: 1,
    clock: { phone: 1 },
    stamp: '01900000abcd-0000-phone',
    seq,
    fieldSeqs: { '': seq },
    ...fields,
  };
}

export function outcomeOf(
  id: string,
  at: number,
  result: Partial<StoredOutcome['result']> = {},
): StoredOutcome {
  const operation: Operation = {
    id,
    entity: 'note',
    entityId: id,
    kind: 'create',
    changes: [{ path: '', action: 'set', value: { id } }],
    clock: { phone: 1 },
    stamp: '01900000abcd-0000-phone',
    schemaVersion: 1,
  };
  const accepted = { id, status: 'accepted', outcome: 'applied', version: 1 };
  return { operation, at, result: { ...accepted, ...result } as StoredOutcome['result'] };
}

export const noteKey = (id: string): RecordKey => ({ entity: 'note', id });

/** Saves records of one transaction, at the place that it is given. */
export async function saved(
  store: ServerStore,
  space: string,
  ...records: readonly Partial<ServerRecord>[]
): Promise<number> {
  return store.transact(space, async (transaction) => {
    const seq = await transaction.seq();
    await transaction.save(records.map(({ id = 'a', ...fields }) => recordOf(id, seq, fields)));
    return seq;
  });
}

/** Reads a counter in a record, waits a turn, and writes it back raised by one. */
export async function increment(transaction: StoreTransaction, pause: () => Promise<void>): Promise<void> {
  const [present] = await transaction.load([noteKey('counter')]);
  const count = typeof present?.data['count'] === 'number' ? present.data['count'] : 0;
  await pause();
  const seq = await transaction.seq();
  await transaction.save([recordOf('counter', seq, { data: { count: count + 1 }, version: count + 1 })]);
}

export async function idsSince(
  store: ServerStore,
  after = 0,
  limit = 100,
  entities?: readonly string[],
): Promise<string[]> {
  const query = { after, limit, ...(entities === undefined ? {} : { entities }) };
  return (await store.changesSince('s', query)).records.map(({ id }) => id);
}
