import { expect, test } from 'vitest';
import { defineEntity, SyncError, type OperationResult, type PushRequest } from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import type { LoopbackMiddleware } from 'syncline/transport/loopback';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

interface Answer {
  readonly epoch: string;
  readonly results: readonly OperationResult[];
}

/** Alters what the server answers to a push. Ends a client that would ask for ever. */
function answering(alter: (answer: Answer, request: PushRequest) => unknown) {
  const seen = { pushes: 0 };
  const middleware: LoopbackMiddleware = async (call, next) => {
    if (call.kind === 'push' && ++seen.pushes > 50) throw new SyncError('internal', 'asked for ever');
    const answer = (await next(call.request)) as Answer;
    return call.kind === 'push' ? alter(answer, call.request as PushRequest) : answer;
  };
  return { seen, middleware };
}

test('a server that leaves operations unanswered is asked again later, not at once', async () => {
  const world = createWorld();
  const { seen, middleware } = answering((answer) => ({ ...answer, results: answer.results.slice(1) }));
  const phone = await world.device({ middleware });
  for (const id of ['a', 'b']) await phone.collection(task).create({ id, title: id });
  await phone.sync();
  expect(seen.pushes).toBe(2);
  expect(phone.outbox.list()).toMatchObject([{ state: 'pending', operation: { entityId: 'a' } }]);
  expect(phone.status()).toMatchObject({ state: 'pending', pending: 1 });
  expect(phone.status().syncedAt).toBeUndefined();
  await world.close();
});

test('operations that block one another are not sent without pause', async () => {
  const world = createWorld();
  const { seen, middleware } = answering((answer) => ({
    ...answer,
    results: answer.results.map(({ id }, at, all) => ({
      id,
      status: 'blocked',
      by: all[(at + 1) % all.length]?.id,
    })),
  }));
  const phone = await world.device({ middleware });
  for (const id of ['a', 'b']) await phone.collection(task).create({ id, title: id });
  await phone.sync();
  expect(seen.pushes).toBe(1);
  expect(phone.status()).toMatchObject({ pending: 2 });
  await world.close();
});

test('of two answers to one operation the first counts', async () => {
  const world = createWorld();
  const { middleware } = answering((answer) => ({
    ...answer,
    results: answer.results.flatMap((result) => [
      result,
      result,
      { id: result.id, status: 'rejected', code: 'rejected', message: 'changed my mind' },
      { ...result, id: 'never-sent' },
    ]),
  }));
  const phone = await world.device({ middleware });
  await phone.collection(task).create({ id: 'a', title: 'A' });
  await phone.sync();
  expect(phone.outbox.list()).toEqual([]);
  expect(phone.status()).toMatchObject({ state: 'synced' });
  await world.close();
});

test('two servers that do not agree on their epoch are not asked without pause, and nothing is lost', async () => {
  const [world, other] = [createWorld(), createWorld()];
  const identity = { id: 'ada' };
  let pushes = 0;
  const phone = await world.device({
    transport: {
      pull: (request) => world.server.pull(identity, request),
      push: (request) => (++pushes < 50 ? other : world).server.push(identity, request),
    },
  });
  await phone.sync();
  await phone.collection(task).create({ id: 'a', title: 'A' });
  await expect(phone.sync()).rejects.toMatchObject({ code: 'protocol' });
  expect(pushes).toBeLessThan(10);
  pushes = 50;
  await phone.sync();
  expect(phone.status()).toMatchObject({ state: 'synced', pending: 0 });
  await world.close();
});

test('a server that takes every replica for a copy is not asked without pause', async () => {
  const world = createWorld();
  const { seen, middleware } = answering((answer) => ({
    ...answer,
    results: answer.results.map(({ id }) => ({
      id,
      status: 'rejected',
      code: 'identity-lost',
      message: 'again',
    })),
  }));
  const phone = await world.device({ middleware });
  await phone.collection(task).create({ id: 'a', title: 'A' });
  await expect(phone.sync()).rejects.toMatchObject({ code: 'protocol' });
  expect(seen.pushes).toBeLessThan(10);
  expect(phone.outbox.list()).toMatchObject([{ state: 'pending' }]);
  await world.close();
});

test('writes of an entity that is not declared wait for a client that declares it', async () => {
  const album = defineEntity({ name: 'album', schema: z.object({ id: z.string() }) });
  const world = createWorld([task, album]);
  const store = createMemoryStore();
  const both = await world.device({ storage: memoryStorage({ store }) });
  await both.collection(album).create({ id: 'a' });
  await both.close();
  const { seen, middleware } = answering((answer) => answer);
  const one = await world.device({ entities: [task], storage: memoryStorage({ store }), middleware });
  await one.collection(task).create({ id: 't', title: 'T' });
  await one.sync();
  expect(seen.pushes).toBe(1);
  expect(one.status()).toMatchObject({ state: 'pending', pending: 1 });
  await one.close();
  const again = await world.device({ storage: memoryStorage({ store }) });
  await again.sync();
  expect(again.status()).toMatchObject({ state: 'synced', pending: 0 });
  await world.close();
});

test('a transport that can only push sends, and one that can only pull receives', async () => {
  const world = createWorld();
  const full = await world.device();
  await full.collection(task).create({ id: 'theirs', title: 'T' });
  await full.sync();
  const identity = { id: 'ada' };
  const sender = await world.device({
    transport: { push: (request) => world.server.push(identity, request) },
  });
  await sender.collection(task).create({ id: 'mine', title: 'M' });
  await sender.sync();
  expect(sender.status()).toMatchObject({ state: 'synced', pending: 0 });
  const receiver = await world.device({
    transport: { pull: (request) => world.server.pull(identity, request) },
  });
  await receiver.collection(task).create({ id: 'unsent', title: 'U' });
  await receiver.sync();
  expect((await receiver.collection(task).list()).map(({ id }) => id)).toEqual(['mine', 'theirs', 'unsent']);
  expect(receiver.status()).toMatchObject({ state: 'pending', pending: 1 });
  await world.close();
});

/** Refuses pushes that are too large, as a server with smaller limits would. */
function narrow(
  isTooLarge: (request: PushRequest) => boolean,
  meanwhile: () => Promise<unknown> = async () => 0,
) {
  const sizes: number[] = [];
  const middleware: LoopbackMiddleware = async (call, next) => {
    const request = call.request as PushRequest;
    if (call.kind !== 'push') return next(request);
    sizes.push(request.operations.length);
    if (!isTooLarge(request)) return next(request);
    await meanwhile();
    throw new SyncError('limit', 'too large');
  };
  return { sizes, middleware };
}

test('a server with smaller limits is found out once, not before each batch', async () => {
  const world = createWorld();
  const { sizes, middleware } = narrow(({ operations }) => operations.length > 8);
  const phone = await world.device({ middleware });
  await phone
    .collection(task)
    .createMany(Array.from({ length: 64 }, (_, at) => ({ id: `t${at}`, title: 'T' })));
  await phone.sync();
  expect(sizes.filter((size) => size > 8)).toHaveLength(3);
  expect(sizes.length).toBeLessThan(16);
  expect(phone.status()).toMatchObject({ pending: 0, deadLetters: 0 });
  await world.close();
});

test('what is too large alone becomes a dead letter, never a write that was not in the batch', async () => {
  const world = createWorld();
  const isLarge = ({ operations }: PushRequest) => operations.some(({ entityId }) => entityId === 'large');
  const { middleware } = narrow(isLarge, async () =>
    phone.collection(task).create({ id: 'urgent', title: 'U' }, { priority: 9 }),
  );
  const phone = await world.device({ middleware, outbox: { batchCount: 1 } });
  await phone.collection(task).create({ id: 'large', title: 'L' });
  await phone.sync();
  expect(phone.outbox.list()).toMatchObject([{ state: 'dead', operation: { entityId: 'large' } }]);
  await world.close();
});

test('writes that fit no single push are all sent by one drain', async () => {
  const world = createWorld();
  const { sizes, middleware } = narrow((request) => Buffer.byteLength(JSON.stringify(request)) > 1024 * 1024);
  const phone = await world.device({ middleware });
  // Three bytes a character: as text they fit, as UTF-8 they do not.
  const long = { title: '漢'.repeat(20_000) };
  await phone.collection(task).createMany(Array.from({ length: 30 }, (_, at) => ({ id: `t${at}`, ...long })));
  await phone.close({ pending: 'drain' });
  expect(sizes.length).toBeGreaterThan(1);
  const laptop = await world.device();
  await laptop.sync();
  expect(await laptop.collection(task).list()).toHaveLength(30);
  await world.close();
});

test('a pause ends the sending that is under way with its batch', async () => {
  const world = createWorld();
  const phone = await world.device({ outbox: { batchCount: 5 } });
  await phone
    .collection(task)
    .createMany(Array.from({ length: 50 }, (_, at) => ({ id: `t${at}`, title: 'T' })));
  phone.events$.subscribe(({ kind }) => kind === 'pushed' && phone.outbox.pause());
  await phone.sync();
  expect(phone.status()).toMatchObject({ state: 'paused', reason: 'user', pending: 45 });
  await world.close();
});

test("a person's pause outlasts credentials that were refused and renewed meanwhile", async () => {
  const world = createWorld();
  let isKnown = false;
  const middleware: LoopbackMiddleware = async (call, next) => {
    if (!isKnown) throw new SyncError('unauthenticated', 'who is asking is not known');
    return next(call.request);
  };
  const phone = await world.device({ middleware });
  phone.outbox.pause();
  await expect(phone.sync()).rejects.toMatchObject({ code: 'unauthenticated' });
  isKnown = true;
  await phone.sync();
  expect(phone.status()).toMatchObject({ state: 'paused', reason: 'user' });
  phone.outbox.resume();
  await phone.sync();
  expect(phone.status().state).toBe('synced');
  await world.close();
});

test('what is throttled waits for its interval, but not when the client drains', async () => {
  const rare = defineEntity({
    name: 'rare',
    schema: z.object({ id: z.string(), n: z.number() }),
    sync: { mode: 'throttled' },
  });
  const world = createWorld([rare]);
  const phone = await world.device();
  await phone.collection(rare).create({ id: 'r', n: 1 });
  await phone.sync();
  await phone.collection(rare).increment('r', 'n');
  await phone.sync();
  expect(phone.status().pending).toBe(1);
  await phone.close({ pending: 'drain' });
  const laptop = await world.device();
  await laptop.sync();
  expect(await laptop.collection(rare).get('r')).toEqual({ id: 'r', n: 2 });
  await world.close();
});
