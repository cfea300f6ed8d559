import { expect, test } from 'vitest';
import { createSyncClient, defineEntity, isSyncError, type SyncError } from 'syncline';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { memoryStorage } from 'syncline/storage/memory';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

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

test('what a transport of one’s own throws has a code, and keeps its cause', async () => {
  const world = createWorld();
  const cause = new Error('no antenna');
  const phone = await world.device({ transport: { pull: () => Promise.reject(cause) } });
  await expect(phone.sync()).rejects.toMatchObject({ code: 'internal', message: 'no antenna', cause });
  await world.close();
});

test('a part that cannot be closed does not keep the store open', async () => {
  const closed: string[] = [];
  const storage = memoryStorage();
  const phone = await createSyncClient({
    entities: [task],
    storage: {
      open: (layout, signals) => storage.open(layout, signals),
      get: (table, ids) => storage.get(table, ids),
      scan: (table, options) => storage.scan(table, options),
      commit: (writes, reads) => storage.commit(writes, reads),
      destroy: () => storage.destroy(),
      close: () => {
        closed.push('storage');
        return storage.close();
      },
    },
    transport: {
      close: () => {
        throw new Error('stuck');
      },
    },
    auto: false,
  });
  await expect(phone.close()).rejects.toThrow('stuck');
  expect(closed).toEqual(['storage']);
});

test.each([0, -1, Number.NaN])(
  'a poll interval of %d is none, and not one without pause',
  async (pollIntervalMs) => {
    const world = createWorld();
    let calls = 0;
    const phone = await world.device({
      auto: true,
      pollIntervalMs,
      middleware: (call, next) => {
        calls++;
        return next(call.request);
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(phone.status().state).toBe('synced');
    expect(calls).toBe(1);
    await world.close();
  },
);
