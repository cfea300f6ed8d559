import { expect, test } from 'vitest';
import { defineEntity, manual } from 'syncline';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

const score = defineEntity({
  name: 'score',
  schema: z.object({ id: z.string(), tempo: z.number(), key: z.string(), title: z.string() }),
  strategy: manual(),
});

test('a lane stays behind a conflict when a write between them is given up', async () => {
  const world = createWorld([score]);
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(score).create({ id: 's', tempo: 60, key: 'C', title: 'A' });
  await phone.sync();
  await laptop.sync();
  await laptop.collection(score).update('s', { tempo: 72 });
  await laptop.sync();
  await phone.collection(score).update('s', { tempo: 90 });
  await phone.sync();
  const between = await phone.collection(score).update('s', { key: 'D' });
  await phone.collection(score).update('s', { title: 'B' });
  await phone.sync();
  await phone.outbox.discard(between.operationId ?? '');
  await phone.sync();
  expect(phone.outbox.list().map(({ state }) => state)).toEqual(['conflict', 'pending']);
  await phone.conflicts.resolve(phone.conflicts.list()[0]?.id ?? '', 'local');
  await phone.sync();
  await laptop.sync();
  for (const device of [phone, laptop]) {
    expect(await device.collection(score).get('s')).toEqual({ id: 's', tempo: 90, key: 'C', title: 'B' });
  }
  await world.close();
});

/** A world in which the record `t` can be taken out of everybody's sight. */
function guarded() {
  const rights = { read: true, write: true };
  const world = createWorld([task], {
    authorize: ({ action, entityId }) => rights[action] || entityId !== 't',
  });
  return { rights, world };
}

test('all writes to a record that went out of scope become dead letters, and a retry ends there again', async () => {
  const { rights, world } = guarded();
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(task).create({ id: 't', title: 'T' });
  await phone.sync();
  await laptop.sync();
  await phone.collection(task).update('t', { title: 'U' });
  await phone.collection(task).update('t', { minutes: 4 });
  await phone.collection(task).update('t', { notes: 'N' });
  await laptop.collection(task).update('t', { tags: ['x'] });
  await laptop.sync();
  Object.assign(rights, { read: false, write: false });
  await phone.sync();
  expect(phone.outbox.deadLetters().map(({ error }) => error?.code)).toEqual([
    'not-found',
    'not-found',
    'not-found',
  ]);
  expect(await phone.collection(task).list()).toEqual([]);

  await phone.outbox.retry(phone.outbox.deadLetters()[1]?.operation.id ?? '');
  expect(await phone.collection(task).list()).toEqual([]);
  expect(phone.status()).toMatchObject({ pending: 1, deadLetters: 2 });
  await phone.sync();
  expect(phone.status()).toMatchObject({ pending: 0, deadLetters: 3 });
  await world.close();
});

test('a record can be made anew while a write to the old one waits', async () => {
  const { rights, world } = guarded();
  const phone = await world.device();
  await phone.collection(task).create({ id: 't', title: 'T' });
  await phone.sync();
  const laptop = await world.device();
  await laptop.sync();
  await phone.collection(task).update('t', { title: 'U' });
  await laptop.collection(task).update('t', { tags: ['x'] });
  await laptop.sync();
  rights.read = false;
  await phone.sync();
  await phone.outbox.retry(phone.outbox.deadLetters()[0]?.operation.id ?? '');
  await phone.collection(task).create({ id: 't', title: 'New' });
  expect(await phone.collection(task).list()).toEqual([{ id: 't', title: 'New' }]);
  rights.read = true;
  await phone.sync();
  expect(phone.status()).toMatchObject({ pending: 0, deadLetters: 0 });
  await laptop.sync();
  expect(await phone.collection(task).get('t')).toEqual(await laptop.collection(task).get('t'));
  await world.close();
});

test('a write that was accepted before its record went out of scope is no dead letter', async () => {
  const { rights, world } = guarded();
  const laptop = await world.device();
  const phone = await world.device({
    middleware: async (call, next) => {
      const answer = await next(call.request);
      if (call.kind === 'push' && blind) rights.read = false;
      return answer;
    },
  });
  let blind = false;
  await phone.collection(task).create({ id: 't', title: 'T' });
  await phone.sync();
  await laptop.sync();
  await phone.collection(task).increment('t', 'minutes', 1);
  const pulled = phone.sync();
  await pulled;
  const receipt = await phone.collection(task).increment('t', 'minutes', 1);
  blind = true;
  await laptop.collection(task).update('t', { notes: 'L' });
  // Between the pull and the push of the phone, so that its answer cannot move the base.
  await Promise.all([laptop.sync(), phone.sync()]);
  await phone.sync();
  await receipt.accepted;
  expect(phone.outbox.list()).toEqual([]);
  expect(await phone.collection(task).list()).toEqual([]);
  await world.close();
});
