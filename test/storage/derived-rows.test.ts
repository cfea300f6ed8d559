import fc from 'fast-check';
import {
  createSyncClient,
  defineEntity,
  type Json,
  type OutboxEntry,
  type RowTemplate,
  type StorageAdapter,
  type StorageLayout,
  type StorageWrite,
} from 'syncline';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { createMemoryStore, memoryStorage, type MemoryStore } from 'syncline/storage/memory';
import { loopbackTransport } from 'syncline/transport/loopback';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { layoutOf, tables } from '../../src/engine/rows.js';

const layout: StorageLayout = { numbers: { indexes: {} }, doubles: { indexes: {} } };
const doubled: RowTemplate = {
  id: '/0/name',
  value: { twice: ['/1', '/1'], kind: 0, note: 'plain', none: '' },
};
const counted: RowTemplate = { id: '/0/name', value: '/1' };
const valuesOf = (n: number): Json[] => [{ name: `d${n}` }, n];
const [one, two] = [valuesOf(1), valuesOf(2)];
const double = (n: number, from = valuesOf(n)): StorageWrite => ({
  table: 'doubles',
  id: `d${n}`,
  value: { twice: [n, n], kind: 0, note: 'plain', none: '' },
  derived: { from, by: doubled },
});
const number = (n: number, from = valuesOf(n)): StorageWrite => ({
  table: 'numbers',
  id: `d${n}`,
  value: n,
  derived: { from, by: counted },
});

async function openOver(store = createMemoryStore(), tablesOf = layout) {
  const storage = memoryStorage({ store });
  await storage.open(tablesOf);
  return storage;
}

/** What a restart makes of the rows, after making sure that it has as many as were written. */
async function restarted(store: MemoryStore, rows: Readonly<Record<string, number>>) {
  const storage = await openOver(store);
  for (const [table, count] of Object.entries(rows)) expect(await storage.scan(table)).toHaveLength(count);
  return Promise.all(Object.keys(layout).map((table) => storage.scan(table)));
}

const scanned = (storage: StorageAdapter) =>
  Promise.all(Object.keys(layout).map((table) => storage.scan(table)));

it('rows that follow from values are stored as those, and there again after a restart', async () => {
  const store = createMemoryStore();
  const storage = await openOver(store);
  await storage.commit([double(21), double(22)]);
  expect(store.entries[0]?.payload.match(/twice/g)).toHaveLength(1);
  expect(await restarted(store, { doubles: 2 })).toEqual(await scanned(storage));
  expect(await storage.get('doubles', ['d21'])).toEqual([
    { id: 'd21', revision: 1, value: { twice: [21, 21], kind: 0, note: 'plain', none: '' } },
  ]);
});

it('values that rows of two tables follow from are stored once', async () => {
  const store = createMemoryStore();
  const storage = await openOver(store);
  await storage.commit([double(1, one), number(1, one), number(2, two), double(2, two)]);
  expect(store.entries[0]?.payload.match(/"name":"d1"/g)).toHaveLength(1);
  expect(await restarted(store, { doubles: 2, numbers: 2 })).toEqual(await scanned(storage));
});

it.each([
  ['in another order', [double(1, one), double(2, two), number(2, two), number(1, one)]],
  ['and fewer', [double(1, one), double(2, two), number(1, one)]],
  ['and more', [double(1, one), number(2, two), number(1, one)]],
  ['that are equal, yet not the same', [double(1), double(2), number(1), number(2)]],
])('rows of two tables that follow from values %s are all there after a restart', async (_, writes) => {
  const store = createMemoryStore();
  const storage = await openOver(store);
  await storage.commit(writes);
  const countOf = (table: string) => writes.filter((write) => write.table === table).length;
  expect(await restarted(store, { doubles: countOf('doubles'), numbers: countOf('numbers') })).toEqual(
    await scanned(storage),
  );
});

it('a table takes rows that follow in more than one way, rows that do not, and deletions', async () => {
  const store = createMemoryStore();
  const storage = await openOver(store);
  await storage.commit([number(9)]);
  await storage.commit([
    { table: 'doubles', id: 'own', value: 7 },
    double(1),
    { table: 'doubles', id: 'd5', value: 5, derived: { from: valuesOf(5), by: counted } },
    double(2),
    { table: 'numbers', id: 'd9' },
    number(3),
  ]);
  expect(await restarted(store, { doubles: 4, numbers: 1 })).toEqual(await scanned(storage));
});

const note = defineEntity({
  name: 'note',
  schema: z.object({ id: z.string(), text: z.string(), tags: z.array(z.string()).optional() }),
});
it('a client writes the data of a created record down once, in a transaction too', async () => {
  const store = createMemoryStore();
  const storage = memoryStorage({ store });
  const client = await createSyncClient({ entities: [note], storage, transport: {}, auto: false });
  await client.collection(note).createMany([
    { id: 'a', text: 'first' },
    { id: 'b', text: 'second' },
  ]);
  await client.transaction((tx) => {
    tx.collection(note).create({ id: 'c', text: 'third' });
    tx.collection(note).create({ id: 'd', text: 'fourth' });
  });
  const log = store.entries.map(({ payload }) => payload).join('');
  for (const text of ['first', 'second', 'third', 'fourth']) expect(log.split(`"${text}"`)).toHaveLength(2);
  await client.close({ pending: 'keep' });
});

it('what is created in place of what somebody else made keeps its clock through a restart', async () => {
  const server = createSyncServer({ entities: [note], store: memoryStore(), mode: 'development' });
  const openClient = (store: MemoryStore) =>
    createSyncClient({
      entities: [note],
      storage: memoryStorage({ store }),
      transport: loopbackTransport(server, { identity: { id: 'ada' } }),
      auto: false,
    });
  const other = await openClient(createMemoryStore());
  await other.collection(note).create({ id: 'a', text: 'theirs' });
  await other.sync();
  await other.close();
  const store = createMemoryStore();
  const client = await openClient(store);
  await client.sync();
  await client.collection(note).delete('a');
  await client.collection(note).create({ id: 'a', text: 'mine' });
  const here = memoryStorage({ store });
  const layoutHere = layoutOf([note]);
  await here.open(layoutHere);
  const entries = (await here.scan(tables.outbox)).map(({ value }) => value as unknown as OutboxEntry);
  const created = entries.find(({ operation }) => operation.kind === 'create');
  expect(Object.keys(created?.operation.clock ?? {})).toHaveLength(2);
  await client.close({ pending: 'keep' });
});

const step = fc.record({
  kind: fc.constantFrom('create', 'upsert', 'update', 'delete', 'group'),
  id: fc.constantFrom('a', 'b', 'c'),
  text: fc.string({ maxLength: 4 }),
  waits: fc.boolean(),
});

it('whatever is written, a restart and another tab find every row as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const store = createMemoryStore();
      const layoutHere = layoutOf([note]);
      const tab = await openOver(store, layoutHere);
      const storage = memoryStorage({ store });
      const client = await createSyncClient({ entities: [note], storage, transport: {}, auto: false });
      const notes = client.collection(note);
      const issued: Promise<unknown>[] = [];
      for (const { kind, id, text, waits } of steps) {
        if (kind === 'create')
          issued.push(notes.create({ id, text }, waits ? {} : { priority: 1, meta: { text } }));
        else if (kind === 'upsert') issued.push(notes.upsert({ id, text, tags: [text] }));
        else if (kind === 'update') issued.push(notes.update(id, { text }));
        else if (kind === 'delete') issued.push(notes.delete(id));
        else
          issued.push(
            client.transaction((tx) => {
              tx.collection(note).upsert({ id, text });
              tx.collection(note).upsert({ id: `${id}2`, text });
            }),
          );
        if (waits) await Promise.allSettled(issued);
      }
      await Promise.allSettled(issued);
      const expected = await Promise.all(Object.keys(layoutHere).map((table) => storage.scan(table)));
      await tab.commit([{ table: tables.history, id: 'x', value: 1 }]);
      await tab.commit([{ table: tables.history, id: 'x' }]);
      const restarted = await openOver(store, layoutHere);
      for (const reader of [tab, restarted])
        expect(await Promise.all(Object.keys(layoutHere).map((table) => reader.scan(table)))).toEqual(
          expected,
        );
      await client.close({ pending: 'keep' });
    }),
    { numRuns: 150 },
  );
});
