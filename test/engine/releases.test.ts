import { expect, test } from 'vitest';
import { defineEntity, type EntityDefinition } from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

test('what belongs to an entity that this release does not know waits for one that does', async () => {
  const drawing = defineEntity({ name: 'drawing', schema: z.object({ id: z.string() }) });
  const world = createWorld([task, drawing]);
  const store = createMemoryStore();
  const open = (entities: readonly EntityDefinition<object>[]) =>
    world.device({ entities, storage: memoryStorage({ store }) });
  const newer = await open([task, drawing]);
  await newer.collection(task).create({ id: 'known', title: 'T' });
  const { operationId = '' } = await newer.collection(drawing).create({ id: 'd' });
  await newer.collection(task).create({ id: 'after', title: 'T' }, { dependsOn: [operationId] });
  await newer.transaction((tx) => {
    tx.collection(task).create({ id: 'together', title: 'T' });
    tx.collection(drawing).create({ id: 'e' });
  });
  await newer.close();

  const older = await open([task]);
  await older.sync();
  expect(older.outbox.list().map(({ operation, state }) => [operation.entityId, state])).toEqual([
    ['d', 'pending'],
    ['after', 'pending'],
    ['together', 'pending'],
    ['e', 'pending'],
  ]);
  expect(older.status()).toMatchObject({ state: 'pending', pending: 4 });
  await older.close();

  const again = await open([task, drawing]);
  await again.sync();
  expect(again.status()).toMatchObject({ state: 'synced', pending: 0, deadLetters: 0 });
  const laptop = await world.device();
  await laptop.sync();
  expect((await laptop.collection(drawing).list()).map(({ id }) => id)).toEqual(['d', 'e']);
  expect((await laptop.collection(task).list()).map(({ id }) => id)).toEqual(['after', 'known', 'together']);
  await world.close();
});
