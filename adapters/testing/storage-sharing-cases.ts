import { isSyncError, type RowRef, type StorageAdapter } from 'syncline';
import { holds, rejects, same } from './check.js';
import { storageCase, valueOf, type StorageCase } from './storage-world.js';

/** What commits must do beside one another, on one adapter and on two over one store. */
export const storageSharingCases: readonly StorageCase[] = [
  storageCase('commits issued at once all settle, the later one over the earlier', async (world) => {
    const storage = await world.open();
    const commits = Array.from({ length: 50 }, (_, at) =>
      storage.commit([
        { table: 'outbox', id: `o${at}`, value: at },
        { table: 'notes', id: 'last', value: { at } },
      ]),
    );
    const revisions = (await Promise.all(commits)).map(({ revision }) => revision);
    same(new Set(revisions).size, 50, 'number of different revisions');
    const reopened = await world.reopen(storage);
    same((await reopened.scan('outbox')).length, 50, 'number of rows');
    same(
      await reopened.get('notes', ['last']),
      [{ id: 'last', revision: revisions[49], value: { at: 49 } }],
      'the row',
    );
  }),

  storageCase('among commits issued at once one that fails takes no other with it', async (world) => {
    const storage = await world.open();
    const { revision } = await storage.commit([{ table: 'notes', id: 'a', value: 0 }]);
    const outcomes = await Promise.allSettled([
      storage.commit([{ table: 'outbox', id: 'before', value: 1 }]),
      storage.commit([{ table: 'notes', id: 'a', value: 1, ifRevision: revision }]),
      storage.commit([{ table: 'notes', id: 'a', value: 2, ifRevision: revision }]),
      storage.commit([{ table: 'notes', id: 'a', value: 3, ifRevision: 0 }]),
      storage.commit([{ table: 'outbox', id: 'after', value: 1 }]),
    ]);
    same(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled'],
      'outcomes',
    );
    const reopened = await world.reopen(storage);
    same(await valueOf(reopened, 'notes', 'a'), 1, 'the contested row');
    same((await reopened.scan('outbox')).length, 2, 'rows of the commits beside it');
  }),

  storageCase('an adapter sees what another committed no later than its own next commit', async (world) => {
    const moved: RowRef[] = [];
    const one = await world.open();
    const other = await world.open({ changed: (rows) => void moved.push(...rows) });
    await one.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await one.commit([
      { table: 'notes', id: 'a' },
      { table: 'outbox', id: 'o', value: 1 },
    ]);
    await other.commit([{ table: 'notes', id: 'own', value: 1 }]);
    same(await other.get('outbox', ['o']), await one.get('outbox', ['o']), 'a row of the other adapter');
    same(await other.get('notes', ['a']), [undefined], 'a row that the other adapter deleted');
    const named = new Set(moved.map(({ table, id }) => `${table}/${id}`));
    same([...named].sort(), ['notes/a', 'outbox/o'], 'rows that `changed` named');
  }),

  storageCase(
    'an adapter told of a change reads it, and never the later without the earlier',
    async (world) => {
      const seen: string[] = [];
      const one = await world.open();
      const other: StorageAdapter = await world.open({ changed: () => void look() });
      const looks: Promise<void>[] = [];
      function look(): void {
        looks.push(
          other.get('notes', ['first', 'second']).then(([first, second]) => {
            seen.push(`${JSON.stringify(first?.value)}-${JSON.stringify(second?.value)}`);
          }),
        );
      }
      for (const value of [1, 2, 3]) {
        await one.commit([{ table: 'notes', id: 'first', value }]);
        await one.commit([{ table: 'notes', id: 'second', value }]);
      }
      await other.commit([{ table: 'outbox', id: 'o', value: 1 }]);
      await Promise.all(looks);
      const prefixes = new Set(['1-undefined', '1-1', '2-1', '2-2', '3-2', '3-3']);
      holds(seen.length > 0, '`changed` was never called');
      for (const state of seen) holds(prefixes.has(state), `a state that never was: ${state}`);
      same(seen.at(-1), '3-3', 'the last state');
    },
  ),

  storageCase('a condition is checked against what another adapter committed', async (world) => {
    const one = await world.open();
    const other = await world.open();
    const { revision } = await one.commit([{ table: 'notes', id: 'a', value: 1 }]);
    const error = await rejects(
      other.commit([
        { table: 'notes', id: 'a', value: 2, ifRevision: 0 },
        { table: 'outbox', id: 'o', value: 1 },
      ]),
      'storage-conflict',
      'a commit on a row that another adapter created',
    );
    same(error.details['rows'], [{ table: 'notes', id: 'a' }], 'details.rows');
    same(
      await other.get('notes', ['a']),
      [{ id: 'a', revision, value: 1 }],
      'the row, read after the conflict',
    );
    await other.commit([{ table: 'notes', id: 'a', value: 2, ifRevision: revision }]);
    await rejects(
      one.commit([{ table: 'notes', id: 'a', ifRevision: revision }]),
      'storage-conflict',
      'a delete of a row that another adapter wrote',
    );
    same(await valueOf(await world.open(), 'notes', 'a'), 2, 'the row');
  }),

  storageCase('a condition that another adapter made hold is not refused', async (world) => {
    const one = await world.open();
    const other = await world.open();
    const { revision } = await one.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await other.commit([{ table: 'notes', id: 'a', value: 2, ifRevision: revision }]);
    await one.commit([{ table: 'notes', id: 'a' }]);
    await other.commit([{ table: 'notes', id: 'a', value: 3, ifRevision: 0 }]);
    same(await valueOf(await world.open(), 'notes', 'a'), 3, 'the row');
  }),

  storageCase('two adapters that count in one row count every step once', async (world) => {
    const adapters = [await world.open(), await world.open()];
    const steps = 25;
    await Promise.all(
      adapters.flatMap((storage) => [0, 1].map(() => repeat(steps, () => increment(storage, 'counter')))),
    );
    same(await valueOf(await world.open(), 'notes', 'counter'), steps * 4, 'the counter');
  }),

  storageCase('two adapters that write different rows both get through', async (world) => {
    const adapters = [await world.open(), await world.open()];
    const results = await Promise.all(
      adapters.flatMap((storage, who) =>
        Array.from({ length: 30 }, (_, at) =>
          storage.commit([{ table: 'notes', id: `${who}-${at}`, value: at }]),
        ),
      ),
    );
    same(new Set(results.map(({ revision }) => revision)).size, 60, 'number of different revisions');
    same((await (await world.open()).scan('notes')).length, 60, 'number of rows');
  }),
];

async function repeat(times: number, step: () => Promise<void>): Promise<void> {
  for (let at = 0; at < times; at++) await step();
}

/** Read, add one, write on condition; again while somebody else was faster. */
async function increment(storage: StorageAdapter, id: string): Promise<void> {
  for (let round = 0; round < 1_000; round++) {
    const [row] = await storage.get('notes', [id]);
    const value = ((row?.value as number | undefined) ?? 0) + 1;
    try {
      await storage.commit([{ table: 'notes', id, value, ifRevision: row?.revision ?? 0 }]);
      return;
    } catch (error) {
      if (!isSyncError(error, 'storage-conflict')) throw error;
    }
  }
  throw new Error('1,000 rounds without getting through');
}
