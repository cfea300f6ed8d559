import { expect, test } from 'vitest';
import { createSyncClient, defineEntity, type EntityDefinition } from 'syncline';
import { createMemoryStore, memoryStorage, type MemoryStore } from 'syncline/storage/memory';
import { z } from 'zod';
import { createWorld } from '../support/world.js';

const v1 = defineEntity({
  name: 'piece',
  schema: z.object({ id: z.string(), mins: z.number(), plays: z.number(), tags: z.array(z.string()) }),
});
const v2 = defineEntity({
  name: 'piece',
  version: 2,
  schema: z.object({ id: z.string(), minutes: z.number(), plays: z.number(), tags: z.array(z.string()) }),
  migrate: ({ mins, ...rest }) => ({ ...rest, minutes: mins ?? 0 }),
});

function open<T extends object>(entity: EntityDefinition<T>, store: MemoryStore, refuses = false) {
  return createSyncClient({
    entities: [entity],
    storage: memoryStorage({ store }),
    auto: false,
    transport: {
      push: async ({ operations }) => ({
        serverTime: 0,
        epoch: 'e',
        results: refuses
          ? operations.map(({ id }) => ({ id, status: 'rejected', code: 'rejected', message: 'no' }) as const)
          : [],
      }),
    },
  });
}

const data = { mins: 5, plays: 1, tags: ['a'] };

test('increments and additions that wait are still that after a migration', async () => {
  const store = createMemoryStore();
  const old = await open(v1, store);
  await old.collection(v1).create({ id: 'p', ...data });
  await old.collection(v1).increment('p', 'plays', 2, { meta: { by: 'a' } });
  await old.collection(v1).add('p', 'tags', ['b'], { meta: { by: 'b' } });
  await old.collection(v1).increment('p', 'mins', 1, { meta: { by: 'c' } });
  await old.close();
  const now = await open(v2, store);
  expect(now.outbox.list().map(({ operation }) => operation.changes)).toEqual([
    [{ path: '', action: 'set', value: { id: 'p', minutes: 5, plays: 1, tags: ['a'] } }],
    [{ path: '/plays', action: 'increment', value: 2 }],
    [{ path: '/tags', action: 'add', value: ['b'] }],
    [{ path: '/minutes', action: 'set', value: 6, base: 5 }],
  ]);
  expect(await now.collection(v2).get('p')).toEqual({ id: 'p', minutes: 6, plays: 3, tags: ['a', 'b'] });
  await now.close();
});

test('a tab of an older release writes and sends nothing once a newer one has migrated the store', async () => {
  const store = createMemoryStore();
  const old = await open(v1, store);
  await old.collection(v1).create({ id: 'p', ...data });
  const now = await open(v2, store);
  await expect(old.collection(v1).update('p', { mins: 6 })).rejects.toMatchObject({ code: 'version' });
  await expect(old.collection(v1).create({ id: 'q', ...data })).rejects.toMatchObject({ code: 'version' });
  await now.collection(v2).update('p', { minutes: 7 });
  expect(await now.collection(v2).list()).toEqual([{ id: 'p', minutes: 7, plays: 1, tags: ['a'] }]);
  await old.close();
  await now.close();
});

test('a dead letter of an older release is brought along, or has to be said anew', async () => {
  const store = createMemoryStore();
  const old = await open(v1, store, true);
  await old.collection(v1).create({ id: 'p', ...data });
  await old.collection(v1).update('p', { mins: 6 }, { meta: { by: 'hand' } });
  await old.sync();
  await old.close();
  const now = await open(v2, store);
  const [create = '', update = ''] = now.outbox.deadLetters().map(({ operation }) => operation.id);
  await now.outbox.retry(create);
  expect(await now.collection(v2).get('p')).toEqual({ id: 'p', minutes: 5, plays: 1, tags: ['a'] });
  await expect(now.outbox.retry(update)).rejects.toMatchObject({ code: 'version' });
  await now.outbox.edit(update, [{ path: '/minutes', action: 'set', value: 6, base: 5 }]);
  expect(await now.collection(v2).get('p')).toMatchObject({ minutes: 6 });
  await now.close();
});

test('a migration that changes what it is given loses no write that waits', async () => {
  const seconds = defineEntity({ name: 'piece', schema: z.object({ id: z.string(), seconds: z.number() }) });
  const minutes = defineEntity({
    name: 'piece',
    version: 2,
    schema: z.object({ id: z.string(), minutes: z.number() }),
    migrate: (data) => {
      const piece = data as { seconds?: number; minutes?: number };
      piece.minutes = (piece.seconds ?? 0) / 60;
      delete piece.seconds;
      return data;
    },
  });
  const world = createWorld([seconds]);
  const store = createMemoryStore();
  const old = await world.device({ storage: memoryStorage({ store }) });
  await old.collection(seconds).create({ id: 'p', seconds: 60 });
  await old.sync();
  await old.collection(seconds).increment('p', 'seconds', 60);
  await old.close();
  const now = await open(minutes, store);
  expect(await now.collection(minutes).get('p')).toEqual({ id: 'p', minutes: 2 });
  expect(now.outbox.list().map(({ operation }) => operation.changes)).toEqual([
    [{ path: '/minutes', action: 'set', value: 2, base: 1 }],
  ]);
  await now.close();
});

test('a migration that fails leaves the store as it was, for a release that can', async () => {
  const store = createMemoryStore();
  const old = await open(v1, store);
  await old.collection(v1).create({ id: 'p', ...data });
  await old.close();
  const failing: EntityDefinition = {
    ...v2,
    migrate: () => {
      throw new Error('no such tune');
    },
  };
  await expect(open(failing, store)).rejects.toMatchObject({
    code: 'validation',
    cause: { message: 'no such tune' },
  });
  const now = await open(v2, store);
  expect(await now.collection(v2).list()).toEqual([{ id: 'p', minutes: 5, plays: 1, tags: ['a'] }]);
  await now.close();
});
