import { expect, test } from 'vitest';
import { createSyncClient, defineEntity, lastWriteWins, type ClientEvent, type SyncClient } from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

function eventsOf(client: SyncClient): ClientEvent[] {
  const events: ClientEvent[] = [];
  client.events$.subscribe((event) => events.push(event));
  return events;
}

test('what the server acknowledged and then lost in a restore from a backup is sent again', async () => {
  const world = createWorld();
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(task).create({ id: 'before', title: 'kept in the backup' });
  await phone.sync();
  await laptop.sync();
  const backup = world.store.snapshot();
  await phone.collection(task).create({ id: 'after', title: 'acknowledged, then lost' });
  await phone.collection(task).update('before', { title: 'changed, then lost' });
  await phone.sync();
  await laptop.sync();

  world.store.restore(backup);
  const events = eventsOf(phone);
  await laptop.sync();
  await phone.sync();
  await laptop.sync();
  expect(events).toContainEqual(expect.objectContaining({ kind: 'epoch-changed' }));
  const expected = [
    { id: 'after', title: 'acknowledged, then lost' },
    { id: 'before', title: 'changed, then lost' },
  ];
  expect(await phone.collection(task).list()).toEqual(expected);
  expect(await laptop.collection(task).list()).toEqual(expected);
  expect(phone.status()).toMatchObject({ state: 'synced', pending: 0 });
  await world.close();
});

test('two installations that came out of one backup both keep their own later writes', async () => {
  const world = createWorld();
  const store = createMemoryStore();
  const original = await world.device({ storage: memoryStorage({ store }) });
  await original.collection(task).create({ id: 't', title: 'shared', minutes: 1 });
  await original.sync();
  await original.collection(task).increment('t', 'minutes', 10);
  const copy = { snapshot: store.snapshot, entries: [...store.entries], bells: new Set<() => void>() };
  const clone = await world.device({ storage: memoryStorage({ store: copy }) });
  const events = eventsOf(clone);
  // Both hold the same unsent increment, and go on under the same counter.
  await original.collection(task).create({ id: 'a', title: 'by the original' });
  await original.collection(task).update('t', { title: 'original' });
  await clone.collection(task).create({ id: 'b', title: 'by the clone' });
  await clone.collection(task).increment('t', 'minutes', 100);
  for (const client of [original, clone, original, clone]) await client.sync();
  expect(events).toContainEqual(expect.objectContaining({ kind: 'identity-changed' }));
  for (const client of [original, clone]) {
    expect(await client.collection(task).list()).toEqual([
      { id: 'a', title: 'by the original' },
      { id: 'b', title: 'by the clone' },
      { id: 't', title: 'original', minutes: 111 },
    ]);
    expect(client.status()).toMatchObject({ pending: 0, deadLetters: 0 });
  }
  await world.close();
});

test("another user's unsent writes are not opened, nor sent under the wrong name", async () => {
  const world = createWorld();
  const store = createMemoryStore();
  const ada = await world.device({ storage: memoryStorage({ store }), user: 'ada' });
  await ada.collection(task).create({ id: 't', title: 'private' });
  await ada.close();
  await expect(world.device({ storage: memoryStorage({ store }), user: 'bob' })).rejects.toMatchObject({
    code: 'pending-work',
    details: { pending: 1 },
  });
  const again = await world.device({ storage: memoryStorage({ store }), user: 'ada' });
  expect(again.status().pending).toBe(1);
  await again.sync();
  expect(await again.close({ pending: 'export' })).toContain('entries');
  const bob = await world.device({ storage: memoryStorage({ store }), user: 'bob' });
  expect(await bob.collection(task).list()).toEqual([]);
  await world.close();
});

test('closing can drain, and stays open with a clear error when it cannot', async () => {
  const world = createWorld();
  let online = false;
  const phone = await world.device({
    middleware: (call, next) => (online ? next(call.request) : Promise.reject(new TypeError('offline'))),
  });
  await phone.collection(task).create({ id: 't', title: 'T' });
  await expect(phone.close({ pending: 'drain' })).rejects.toThrow();
  online = true;
  await phone.close({ pending: 'drain' });
  const laptop = await world.device();
  await laptop.sync();
  expect(await laptop.collection(task).get('t')).toBeDefined();
  await expect(phone.collection(task).create({ id: 'u', title: 'U' })).rejects.toMatchObject({
    code: 'storage-closed',
  });
  await world.close();
});

test('pending writes are carried into a new schema version', async () => {
  const world = createWorld();
  const store = createMemoryStore();
  const v1 = defineEntity({
    name: 'task',
    schema: z.object({ id: z.string(), title: z.string(), mins: z.number() }),
    strategy: lastWriteWins(),
  });
  const v2 = defineEntity({
    name: 'task',
    schema: z.object({ id: z.string(), title: z.string(), minutes: z.number() }),
    strategy: lastWriteWins(),
    version: 2,
    migrate: ({ mins, ...rest }) => ({ ...rest, minutes: mins ?? 0 }),
  });
  const options = { transport: {}, auto: false } as const;
  const old = await createSyncClient({ ...options, entities: [v1], storage: memoryStorage({ store }) });
  await old.collection(v1).create({ id: 't', title: 'T', mins: 5 });
  await old.collection(v1).create({ id: 'u', title: 'U', mins: 7 });
  await old.collection(v1).update('u', { mins: 8 }, { dependsOn: [] });
  await old.close();
  const now = await world.device({ entities: [v2], storage: memoryStorage({ store }) });
  expect(await now.collection(v2).list()).toEqual([
    { id: 't', title: 'T', minutes: 5 },
    { id: 'u', title: 'U', minutes: 8 },
  ]);
  expect(now.outbox.list().every(({ operation }) => operation.schemaVersion === 2)).toBe(true);
  await now.close();
  await expect(
    createSyncClient({ ...options, entities: [v1], storage: memoryStorage({ store }) }),
  ).rejects.toMatchObject({ code: 'version' });
});

test('two tabs over one store write at once, see each other, and send nothing twice', async () => {
  const world = createWorld();
  const store = createMemoryStore();
  const [left, right] = [
    await world.device({ storage: memoryStorage({ store }) }),
    await world.device({ storage: memoryStorage({ store }) }),
  ];
  await left.collection(task).create({ id: 't', title: 'T', minutes: 0 });
  const seen: unknown[] = [];
  right
    .collection(task)
    .watch({ where: { minutes: { gte: 0 } } })
    .subscribe((rows) => seen.push(rows));
  const receipts = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      (at % 2 === 0 ? left : right).collection(task).increment('t', 'minutes', 1),
    ),
  );
  const accepted = Promise.all(receipts.map((receipt) => receipt.accepted));
  expect(await left.collection(task).get('t')).toMatchObject({ minutes: 20 });
  await Promise.all([left.sync(), right.sync()]);
  await Promise.all([left.sync(), right.sync()]);
  await accepted;
  for (const tab of [left, right]) {
    expect(await tab.collection(task).get('t')).toMatchObject({ minutes: 20 });
    expect(tab.status()).toMatchObject({ pending: 0 });
  }
  expect(seen.at(-1)).toMatchObject([{ id: 't', minutes: 20 }]);
  await world.close();
});

test('bad input rejects with its code, names the place, and stores nothing', async () => {
  const world = createWorld();
  const phone = await world.device();
  const tasks = phone.collection(task);
  await tasks.create({ id: 't', title: 'T' });
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const bad: [() => Promise<unknown>, string][] = [
    [() => tasks.create({ id: 'x', title: 5 as never }), 'validation'],
    [() => tasks.create({ id: 'x', title: 'X', minutes: Number.NaN }), 'validation'],
    [() => tasks.create({ id: 'x', title: 'X', notes: 10n as never }), 'validation'],
    [() => tasks.create({ id: 'x', title: 'X', tags: cyclic as never }), 'validation'],
    [() => tasks.create({ id: 'x', title: (() => 'X') as never }), 'validation'],
    [() => tasks.create({ id: '', title: 'X' }), 'validation'],
    [() => tasks.create({ id: 't', title: 'twice' }), 'conflict'],
    [() => tasks.update('nobody', { title: 'X' }), 'not-found'],
    [() => tasks.update('t', { id: 'u' }), 'validation'],
    [() => tasks.increment('t', '/__proto__/x', 1), 'validation'],
    [() => tasks.increment('t', 'title', 1), 'validation'],
    [() => tasks.increment('t', '/minuets', 1), 'validation'],
    [() => tasks.create({ id: 'x', title: 'X'.repeat(256 * 1024) }), 'limit'],
    [() => tasks.update('t', { notes: '\u0000'.repeat(50_000) }), 'limit'],
    [() => tasks.delete('nobody'), 'not-found'],
    [
      async () =>
        phone.collection(defineEntity({ name: 'ghost', schema: z.object({ id: z.string() }) })).list(),
      'validation',
    ],
    [
      () =>
        phone.transaction((tx) => {
          tx.collection(task).create({ id: 'y', title: 'Y' });
          tx.collection(task).delete('nobody');
        }),
      'not-found',
    ],
  ];
  for (const [act, code] of bad) await expect(act()).rejects.toMatchObject({ code });
  expect(phone.outbox.list()).toHaveLength(1);
  expect(await tasks.list()).toEqual([{ id: 't', title: 'T' }]);
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  await world.close();
});

test('tabs of one store ask for one lease, and two stores for two', async () => {
  const world = createWorld();
  const asked: string[] = [];
  const lease = {
    acquire: (name: string) => {
      asked.push(name);
      return Promise.resolve(() => undefined);
    },
  };
  const store = createMemoryStore();
  for (const storage of [memoryStorage({ store }), memoryStorage({ store }), memoryStorage()]) {
    await world.device({ storage, platform: { lease }, auto: true, pollIntervalMs: 0 });
  }
  expect(asked).toHaveLength(3);
  expect(asked[1]).toBe(asked[0]);
  expect(asked[2]).not.toBe(asked[0]);
  await world.close();
});

test('what a device takes as deep and as large as it may be, the server takes too', async () => {
  const tree = defineEntity({ name: 'tree', schema: z.looseObject({ id: z.string() }) });
  const world = createWorld([tree]);
  const phone = await world.device();
  const nested = (depth: number): unknown => (depth === 0 ? 'leaf' : { below: nested(depth - 1) });
  let deepest = 0;
  for (let depth = 1; depth <= 40; depth++) {
    const outcome = await phone
      .collection(tree)
      .create({ id: `d${depth}`, nested: nested(depth) })
      .then(
        () => 'taken',
        (error: { code: string }) => error.code,
      );
    if (outcome === 'taken') deepest = depth;
    else expect(outcome).toBe('validation');
  }
  await phone.collection(tree).create({ id: 'large', text: '€'.repeat(83_000) });
  await phone.sync();
  expect(deepest).toBeGreaterThan(20);
  expect(phone.status()).toMatchObject({ state: 'synced', deadLetters: 0 });
  await world.close();
});
