import { isSyncError, type StorageAdapter, type StorageWrite } from 'syncline';
import { holds, same } from './check.js';
import { idsOf, storageCase, valueOf, type StorageCase } from './storage-world.js';

/** What commits must come to when nobody closes, when somebody opens in the middle, and when many want the same rows. */
export const storageDurabilityCases: readonly StorageCase[] = [
  storageCase('what was committed is there though nobody closed', async (world) => {
    for (let at = 0; at < 5; at++) {
      const storage = await world.open();
      await storage.commit([
        { table: 'notes', id: `n${at}`, value: { due: at } },
        { table: 'outbox', id: `o${at}`, value: at },
      ]);
    }
    const last = await world.open();
    same(await idsOf(last, 'notes', { index: 'due' }), ['n0', 'n1', 'n2', 'n3', 'n4'], 'rows in the index');
    same(await idsOf(last, 'outbox'), ['o0', 'o1', 'o2', 'o3', 'o4'], 'rows of the other table');
  }),

  storageCase('a commit under way is seen whole or not at all by who opens meanwhile', async (world) => {
    const writer = await world.open();
    const size = 20;
    for (let round = 0; round < 8; round++) {
      const committing = writer.commit(
        ['notes', 'outbox'].flatMap((table) =>
          Array.from({ length: size }, (_, at) => ({ table, id: `${round}-${at}`, value: round })),
        ),
      );
      // Should a check fail before it settles.
      committing.catch(() => undefined);
      const reader = await world.open();
      // In this order: what the first read sees, the second sees too.
      const seen = [await countOf(reader, 'notes', round), await countOf(reader, 'outbox', round)];
      holds(
        [`0,0`, `0,${size}`, `${size},${size}`].includes(seen.join()),
        `of ${size} rows in each of two tables ${seen.join(' and ')} were seen`,
      );
      await committing;
      await reader.close();
      const after = await world.open();
      same(await countOf(after, 'outbox', round), size, 'rows once the commit has resolved');
      await after.close();
    }
  }),

  storageCase('of two commits that each read what the other writes one gets through', async (world) => {
    const [one, other] = [await world.open(), await world.open()];
    const rows = [
      { table: 'notes', id: 'a' },
      { table: 'outbox', id: 'b' },
    ] as const;
    for (let round = 0; round < 10; round++) {
      const { revision } = await one.commit(rows.map((row) => ({ ...row, value: 'on' })));
      const outcomes = await Promise.allSettled([
        one.commit([{ ...rows[0], value: 'off' }], [{ ...rows[1], revision }]),
        other.commit([{ ...rows[1], value: 'off' }], [{ ...rows[0], revision }]),
      ]);
      const through = outcomes.filter(({ status }) => status === 'fulfilled');
      same(through.length, 1, 'number of commits that got through');
      const observer = await world.open();
      const values = [await valueOf(observer, 'notes', 'a'), await valueOf(observer, 'outbox', 'b')];
      same(values.sort(), ['off', 'on'], 'the rows');
      await observer.close();
    }
  }),

  storageCase('what is moved between rows of two tables is neither lost nor doubled', async (world) => {
    const storages = [await world.open(), await world.open()];
    await storages[0]?.commit([
      { table: 'notes', id: 'from', value: 100 },
      { table: 'outbox', id: 'to', value: 0 },
    ]);
    const moves = storages.flatMap((storage) => [1, 2, 3].map((amount) => move(storage, amount, 5)));
    await Promise.all(moves);
    const observer = await world.open();
    same(await valueOf(observer, 'notes', 'from'), 40, 'what is left');
    same(await valueOf(observer, 'outbox', 'to'), 60, 'what arrived');
  }),
];

async function countOf(storage: StorageAdapter, table: string, round: number): Promise<number> {
  return (await storage.scan(table)).filter(({ value }) => value === round).length;
}

/** Takes from one row and gives to the other, in one commit on condition; again while somebody else was faster. */
async function move(storage: StorageAdapter, amount: number, times: number): Promise<void> {
  for (let done = 0, round = 0; done < times; round++) {
    holds(round < 1_000, '1,000 rounds without getting through');
    const writes = [
      await shifted(storage, 'notes', 'from', -amount),
      await shifted(storage, 'outbox', 'to', amount),
    ];
    await storage.commit(writes).then(
      () => done++,
      (error: unknown) => {
        if (!isSyncError(error, 'storage-conflict')) throw error;
      },
    );
  }
}

async function shifted(
  storage: StorageAdapter,
  table: string,
  id: string,
  by: number,
): Promise<StorageWrite> {
  const [row] = await storage.get(table, [id]);
  return { table, id, value: (row?.value as number) + by, ifRevision: row?.revision ?? 0 };
}
