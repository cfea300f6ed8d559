import { expect, test } from 'vitest';
import { createSyncClient, defineEntity, isSyncError, type SyncError } from 'syncline';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { memoryStorage } from 'syncline/storage/memory';
import { z } from 'zod';
import { task } from '../support/world.js';

const refused = (message: string): unknown =>
  expect.objectContaining({ code: 'validation', message: expect.stringContaining(message) as unknown });

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
