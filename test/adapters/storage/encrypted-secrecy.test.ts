import fc from 'fast-check';
import {
  createSyncClient,
  defineEntity,
  type Json,
  type StorageAdapter,
  type StorageLayout,
  type StorageWrite,
} from 'syncline';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { encryptedStorage } from 'syncline/storage/encrypted';
import { createMemoryStore, memoryStorage, type MemoryStore } from 'syncline/storage/memory';
import { loopbackTransport } from 'syncline/transport/loopback';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';

const key = crypto.getRandomValues(new Uint8Array(32));
const layout: StorageLayout = { notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } };
const grown: StorageLayout = { ...layout, notes: { indexes: { due: '/due', topic: '/topic' } } };

/** All that was ever handed to the device, and all that it holds. */
function spied() {
  const seen: string[] = [];
  const store = createMemoryStore();
  const hooks = { beforeAppend: (payload: string) => void seen.push(payload) };
  const inner = () => memoryStorage({ store, hooks, compactAfter: 5 });
  const text = () => [...seen, ...(store.snapshot?.chunks ?? [])].join('\n');
  return { store, inner, text };
}

async function opened(inner: StorageAdapter, tables = layout) {
  const storage = encryptedStorage(inner, { key });
  await storage.open(tables);
  return storage;
}

/** Every sealed text in what reached the device, as bytes. */
function sealedTexts(text: string): Buffer[] {
  return [...text.matchAll(/"(?:c|sealed)":"([^"]*)"/g)].map(([, base64]) =>
    Buffer.from(base64 ?? '', 'base64'),
  );
}

/** Long enough not to come about by chance, in any of the scripts that a text may be in. */
const secret = fc.string({ unit: fc.constantFrom(...'abcXYZ0189 -é中😀"\\'), minLength: 8, maxLength: 60 });

it('lets no value but that of an index reach the storage below', async () => {
  const row = fc.record({
    id: fc.uuid(),
    due: fc.integer(),
    title: secret,
    deep: fc.dictionary(secret, secret),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(row, { selector: ({ id }) => id, minLength: 1, maxLength: 8 }),
      async (rows) => {
        const { inner, text } = spied();
        const storage = await opened(inner());
        const values = rows.map(({ id: _, ...value }) => value);
        await storage.commit(rows.map(({ id }, at) => ({ table: 'notes', id, value: values[at]! })));
        for (const [at, { id }] of rows.entries())
          await storage.commit([{ table: 'outbox', id, value: [values[at]!, values[at]!.title] }]);
        await storage.rotate();
        await storage.close();
        const reader = await opened(inner(), grown);
        expect(
          (
            await reader.get(
              'notes',
              rows.map(({ id }) => id),
            )
          ).map((each) => each?.value),
        ).toEqual(values);

        const below = text();
        const bytes = sealedTexts(below);
        expect(bytes.length).toBeGreaterThanOrEqual(rows.length * 2);
        for (const each of values.flatMap(({ title, deep }) => [title, ...Object.entries(deep).flat()])) {
          const plain = Buffer.from(each);
          expect(below).not.toContain(JSON.stringify(each).slice(1, -1));
          for (const sealed of bytes) expect(sealed.includes(plain)).toBe(false);
        }
        for (const { id, due } of rows) {
          expect(below).toContain(id);
          expect(below).toContain(`{"due":${due}}`);
        }
        await reader.close();
      },
    ),
    { numRuns: 40 },
  );
});

it('hands on nothing of a write but where it goes, its condition, and its value sealed', async () => {
  const inner = memoryStorage();
  const commit = vi.spyOn(inner, 'commit');
  const storage = await opened(inner);
  const derived = { from: ['a', 'text'], by: { id: '/0', value: { secret: '/1' } } };
  const write = { table: 'notes', id: 'a', value: { due: 1 }, ifRevision: 0, derived };
  await storage.commit([{ ...write, ...{ hint: 'of a later release' } }]);
  expect(commit.mock.lastCall?.[0]).toEqual([
    { table: 'notes', id: 'a', ifRevision: 0, value: { k: 1, c: expect.any(String), i: { due: 1 } } },
  ]);
  await storage.close();
});

it('never uses a nonce twice, for equal values of one row neither', async () => {
  const { inner, text } = spied();
  const storage = await opened(inner());
  const value: Json = { due: 1 };
  for (let round = 0; round < 20; round++) {
    const writes: StorageWrite[] = Array.from({ length: 1_000 }, (_, at) => ({
      table: 'notes',
      id: `n${at}`,
      value,
    }));
    await storage.commit(writes);
  }
  await storage.rotate();
  const nonces = sealedTexts(text()).map((sealed) => sealed.subarray(0, 12).toString('hex'));
  // What the device was handed, and the snapshot, which repeats what it was handed.
  expect(nonces.length).toBeGreaterThan(21_000);
  const sealed = sealedTexts(text()).map((each) => each.toString('hex'));
  expect(new Set(nonces).size).toBe(new Set(sealed).size);
  expect(new Set(nonces).size).toBeGreaterThan(21_000);
  await storage.close();
});

it('keeps a client and its outbox over a restart, with nothing of them in clear', async () => {
  const note = defineEntity({
    name: 'note',
    schema: z.object({ id: z.string(), text: z.string(), minutes: z.number() }),
    indexes: ['minutes'],
  });
  const entities = [note];
  const server = createSyncServer({ entities, store: memoryStore(), mode: 'development' });
  const transport = loopbackTransport(server, { identity: { id: 'ada' } });
  const device = (store: MemoryStore) =>
    createSyncClient({
      entities,
      storage: encryptedStorage(memoryStorage({ store }), { key }),
      transport,
      auto: false,
    });
  const store = createMemoryStore();
  const first = await device(store);
  await first.collection(note).create({ id: 'a', text: 'sent before', minutes: 3 });
  await first.sync();
  await first.collection(note).create({ id: 'b', text: 'unsent at first', minutes: 1 });
  await first.close();
  expect(JSON.stringify([store.snapshot, store.entries])).not.toMatch(/sent before|unsent at first/);

  const again = await device(store);
  expect(await again.collection(note).list({ orderBy: 'minutes' })).toEqual([
    { id: 'b', text: 'unsent at first', minutes: 1 },
    { id: 'a', text: 'sent before', minutes: 3 },
  ]);
  await again.sync();
  const other = await device(createMemoryStore());
  await other.sync();
  expect(await other.collection(note).get('b')).toMatchObject({ text: 'unsent at first' });
  expect(again.status()).toMatchObject({ state: 'synced', pending: 0 });
  for (const client of [again, other]) await client.close();
});
