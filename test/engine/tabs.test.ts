import { expect, test } from 'vitest';
import { createSyncClient } from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { createWorld, task } from '../support/world.js';

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

test('a tab that does not send itself knows when another one has sent and pulled everything', async () => {
  const world = createWorld();
  const store = createMemoryStore();
  const leader = await world.device({ storage: memoryStorage({ store }) });
  const never = { acquire: () => new Promise<never>(() => undefined) };
  const follower = await world.device({
    storage: memoryStorage({ store }),
    platform: { lease: never },
    auto: true,
  });
  await follower.collection(task).create({ id: 't', title: 'T' });
  expect(follower.status()).toMatchObject({ state: 'pending', leader: false, pending: 1 });
  await leader.sync();
  await leader.sync();
  await turn();
  expect(follower.status()).toMatchObject({ state: 'synced', leader: false, pending: 0 });
  await world.close();
});

test('a write that one tab gives up while the server takes it from another one is shown: it has its effect', async () => {
  const world = createWorld();
  const store = createMemoryStore();
  const weary = await world.device({
    storage: memoryStorage({ store }),
    outbox: { attemptsMax: 1 },
    transport: {
      push: async ({ operations }) => ({
        serverTime: 0,
        epoch: await world.store.epoch(),
        results: operations.map(({ id }) => ({ id, status: 'retry', code: 'busy' })),
      }),
    },
  });
  const others: (() => Promise<void>)[] = [];
  const tab = await world.device({
    storage: memoryStorage({ store }),
    middleware: async ({ kind, request }, next) => {
      const answer = await next(request);
      if (kind === 'push') await others.pop()?.();
      return answer;
    },
  });
  const tasks = tab.collection(task);
  await tasks.create({ id: 't', title: 'T' });
  await tab.sync();
  await tasks.update('t', { title: 'U' });
  others.push(async () => {
    await turn();
    await weary.sync();
  });
  await tab.sync();
  await turn();
  expect(tab.outbox.deadLetters()).toHaveLength(1);
  expect(await tasks.get('t')).toMatchObject({ title: 'U' });
  await world.close();
});

test('a client that could not be opened leaves its store closed', async () => {
  const store = createMemoryStore();
  const options = { entities: [task], transport: {}, auto: false };
  const ada = await createSyncClient({ ...options, storage: memoryStorage({ store }), user: 'ada' });
  await ada.collection(task).create({ id: 't', title: 'T' });
  await ada.close();
  const bob = createSyncClient({ ...options, storage: memoryStorage({ store }), user: 'bob' });
  await expect(bob).rejects.toMatchObject({ code: 'pending-work' });
  expect(store.bells.size).toBe(0);
});

test('a tab that writes without pause does not keep another one from pulling', async () => {
  const world = createWorld();
  const laptop = await world.device();
  const records = Array.from({ length: 2_000 }, (_, at) => ({ id: `r${at}`, title: 'R' }));
  await laptop.collection(task).createMany(records);
  await laptop.sync();
  const store = createMemoryStore();
  const puller = await world.device({
    storage: memoryStorage({ store }),
    transport: { pull: (request) => world.server.pull({ id: 'ada' }, request) },
  });
  const writer = await world.device({ storage: memoryStorage({ store }) });
  let isPulled = false;
  const pulled = puller.sync().finally(() => (isPulled = true));
  let writes = 0;
  for (; !isPulled && writes < 5_000; writes++)
    await writer.collection(task).create({ id: `w${writes}`, title: 'W' });
  await pulled;
  expect(writes).toBeGreaterThan(10);
  await expect.poll(async () => (await puller.collection(task).list()).length).toBe(records.length + writes);
  await world.close();
});

test('a write of another tab that depends on what is being refused goes with it', async () => {
  const world = createWorld();
  const store = createMemoryStore();
  const bells: (() => void)[] = [];
  let isQuiet = false;
  const writer = await world.device({ storage: memoryStorage({ store }) });
  const album = await writer.collection(task).create({ id: 'album', title: 'A' });
  const sender = await world.device({
    storage: memoryStorage({ store }),
    middleware: async (call, next) => {
      if (call.kind === 'pull') return next(call.request);
      // Nobody tells the sender of the write that is made while the server answers.
      isQuiet = true;
      await writer
        .collection(task)
        .create({ id: 'track', title: 'T' }, { dependsOn: [album.operationId ?? ''] });
      isQuiet = false;
      return {
        serverTime: 0,
        epoch: await world.store.epoch(),
        results: [{ id: album.operationId, status: 'rejected', code: 'rejected', message: 'no' }],
      };
    },
  });
  const heard = [...store.bells].at(-1);
  if (heard !== undefined) {
    store.bells.delete(heard);
    store.bells.add(() => (isQuiet ? bells.push(heard) : heard()));
  }
  await sender.sync();
  expect(sender.outbox.list().map(({ state, operation }) => [operation.entityId, state])).toEqual([
    ['album', 'dead'],
    ['track', 'dead'],
  ]);
  await world.close();
});
