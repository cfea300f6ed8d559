import { expect, test } from 'vitest';
import { defineEntity, lastWriteWins } from 'syncline';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

test('a write that was contested by a state which the server then lost is sent again', async () => {
  const plain = defineEntity({
    name: 'plain',
    schema: z.object({ id: z.string(), title: z.string(), count: z.number() }),
    strategy: lastWriteWins(),
  });
  // The server compares clocks only; its clients decide.
  const world = createWorld([plain], { entities: [], unknownEntities: 'compare' });
  let meanwhile: (() => Promise<unknown>) | undefined;
  let isCut = false;
  const laptop = await world.device();
  const phone = await world.device({
    middleware: async (call, next) => {
      if (call.kind === 'pull' && isCut) throw new TypeError('cut off');
      if (call.kind === 'push' && meanwhile !== undefined) {
        await meanwhile();
        isCut = true;
      }
      return next(call.request);
    },
  });
  await phone.collection(plain).create({ id: 'p', title: 'A', count: 0 });
  await phone.sync();
  await laptop.sync();
  const backup = world.store.snapshot();
  meanwhile = async () => {
    for (const title of ['L1', 'L2', 'L3']) {
      await laptop.collection(plain).update('p', { title });
      await laptop.sync();
    }
  };
  const receipt = await phone.collection(plain).update('p', { title: 'P' });
  await expect(phone.sync()).rejects.toThrow('cut off');
  expect(phone.outbox.list()).toMatchObject([{ state: 'contested' }]);

  meanwhile = undefined;
  isCut = false;
  world.store.restore(backup);
  await phone.sync();
  await receipt.accepted;
  expect(phone.status()).toMatchObject({ state: 'synced', pending: 0 });
  expect(await phone.collection(plain).get('p')).toMatchObject({ title: 'P' });
  await world.close();
});

test('the end of a transaction that is longer than the history is sent again, not refused', async () => {
  const world = createWorld();
  const phone = await world.device();
  await phone.sync();
  const backup = world.store.snapshot();
  await phone.transaction((tx) => {
    for (let at = 0; at < 120; at++) tx.collection(task).create({ id: `t${at}`, title: 'T' });
  });
  await phone.transaction((tx) => {
    tx.collection(task).create({ id: 'a', title: 'A' });
    tx.collection(task).create({ id: 'b', title: 'B' });
  });
  await phone.sync();
  world.store.restore(backup);
  await phone.sync();
  expect(phone.status()).toMatchObject({ state: 'synced', deadLetters: 0, pending: 0 });
  const laptop = await world.device();
  await laptop.sync();
  expect(await laptop.collection(task).list()).toHaveLength(100);
  expect(await phone.collection(task).list()).toHaveLength(100);
  await world.close();
});
