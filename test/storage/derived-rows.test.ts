import fc from 'fast-check';
import {
  createSyncClient,
  defineEntity,
  type RowTemplate,
  type StorageLayout,
  type StorageWrite,
} from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { layoutOf, tables } from '../../src/engine/rows.js';

const layout: StorageLayout = { numbers: { indexes: {} }, doubles: { indexes: {} } };
const byNumber: RowTemplate = { of: 'numbers', id: '/name', value: { twice: ['/n', '/n'], kind: 0 } };
const number = (n: number): StorageWrite => ({ table: 'numbers', id: `n${n}`, value: { n, name: `d${n}` } });
const double = (n: number, from = `n${n}`): StorageWrite => ({
  table: 'doubles',
  id: `d${n}`,
  value: { twice: [n, n], kind: 0 },
  derived: { from, by: byNumber },
});

async function openOver(store = createMemoryStore(), tablesOf = layout) {
  const storage = memoryStorage({ store });
  await storage.open(tablesOf);
  return storage;
}

it('a row that follows from another is not stored, and there again after a restart', async () => {
  const store = createMemoryStore();
  const storage = await openOver(store);
  await storage.commit([number(21), double(21)]);
  expect(store.entries[0]?.payload.match(/twice/g)).toHaveLength(1);
  expect(await (await openOver(store)).scan('doubles')).toEqual(await storage.scan('doubles'));
  expect(await storage.scan('doubles')).toEqual([
    { id: 'd21', revision: 1, value: { twice: [21, 21], kind: 0 } },
  ]);
});

it('a table takes rows that follow from others, in more than one way, and rows that do not', async () => {
  const store = createMemoryStore();
  const storage = await openOver(store);
  await storage.commit([
    number(1),
    { table: 'doubles', id: 'own', value: 7 },
    double(1),
    { table: 'doubles', id: 'other', value: 2, derived: { from: 'n2', by: { ...byNumber, value: '/n' } } },
    number(2),
    double(2),
  ]);
  expect(await (await openOver(store)).scan('doubles')).toEqual(await storage.scan('doubles'));
  expect(await storage.scan('doubles')).toHaveLength(4);
});

it.each([
  ['not in the same commit', [number(1), double(1), double(2)]],
  ['nowhere', [double(2)]],
  ['deleted in the same commit', [{ table: 'numbers', id: 'n9' }, double(9)]],
])('a row whose source is %s is stored as it is', async (_, writes) => {
  const store = createMemoryStore();
  const storage = await openOver(store);
  await storage.commit(writes);
  expect(await (await openOver(store)).scan('doubles')).toEqual(await storage.scan('doubles'));
  expect(await storage.scan('doubles')).toHaveLength(
    writes.filter(({ table }) => table === 'doubles').length,
  );
});

const note = defineEntity({
  name: 'note',
  schema: z.object({ id: z.string(), text: z.string(), tags: z.array(z.string()).optional() }),
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
        if (kind === 'create') issued.push(notes.create({ id, text }));
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
