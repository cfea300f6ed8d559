import { expect, test } from 'vitest';
import { createSyncClient, defineEntity, isSyncError, type SyncError } from 'syncline';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { memoryStorage } from 'syncline/storage/memory';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

const refused = (message: string): unknown =>
  expect.objectContaining({ code: 'validation', message: expect.stringContaining(message) as unknown });

test('a transaction that would be built after a wait is refused, and nothing of it is stored', async () => {
  const world = createWorld();
  const phone = await world.device();
  let fetched = () => undefined;
  const title = new Promise<string>((resolve) => (fetched = () => void resolve('fetched')));
  const late = phone.transaction((tx): unknown =>
    title.then((fetchedTitle) => tx.collection(task).create({ id: 'late', title: fetchedTitle })),
  );
  await expect(late).rejects.toEqual(refused('may not be async'));
  fetched();
  await title;
  expect(await phone.collection(task).list()).toEqual([]);
  expect(phone.outbox.list()).toEqual([]);
  await world.close();
});

test('two entities of one name are refused, by a client and by a server', async () => {
  const twin = defineEntity({ name: task.name, schema: z.object({ id: z.string() }) });
  const entities = [task, twin];
  await expect(createSyncClient({ entities, storage: memoryStorage(), transport: {} })).rejects.toEqual(
    refused('one name'),
  );
  expect(() => createSyncServer({ entities, store: memoryStore() })).toThrow('one name');
});

test.each(['', 'my task', '2do', 'a/b', 'x'.repeat(65)])(
  'no entity is called %j, and why is said',
  (name) => {
    const attempt = (): unknown => defineEntity({ name, schema: z.object({ id: z.string() }) });
    let error: SyncError | undefined;
    try {
      attempt();
    } catch (thrown) {
      if (isSyncError(thrown, 'validation')) error = thrown;
    }
    expect(error?.hint).toMatch(/^A letter, then/);
  },
);
