import { expect, test } from 'vitest';
import { createSyncClient, defineEntity, isSyncError, type SyncError } from 'syncline';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { memoryStorage } from 'syncline/storage/memory';
import { z } from 'zod';
import { task } from '../support/world.js';

const refused = (message: string): unknown =>
  expect.objectContaining({ code: 'validation', message: expect.stringContaining(message) as unknown });

test('what the schema refuses is told field by field', async () => {
  const address = z.object({ 'city/town': z.string() });
  const person = defineEntity({
    name: 'person',
    schema: z.object({ id: z.string(), age: z.number(), address }),
  });
  const client = await createSyncClient({
    entities: [person],
    storage: memoryStorage(),
    transport: {},
    auto: false,
  });
  const wrong = { age: 'old', address: {} } as unknown as { age: number; address: { 'city/town': string } };
  const error: unknown = await client
    .collection(person)
    .create(wrong)
    .catch((thrown: unknown) => thrown);
  expect(isSyncError(error, 'validation') ? error.details['issues'] : error).toEqual([
    { path: '/age', message: expect.stringContaining('number') as unknown },
    { path: '/address/city~1town', message: expect.stringContaining('string') as unknown },
  ]);
  await client.close();
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
