import { expect, test } from 'vitest';
import type { Runtime } from 'syncline';
import { createWorld, task } from '../support/world.js';

/** Ids of a runtime whose randomness repeats itself: the name of the replica, then these, then sound ones. */
function repeating(...ids: string[]): Runtime {
  let drawn = 0;
  return {
    now: () => Date.now(),
    random: () => 0.5,
    uuid: () => (drawn++ === 0 ? undefined : ids.shift()) ?? crypto.randomUUID(),
    setTimer: () => () => undefined,
  };
}

test('two writes that drew one id are both kept, and nobody is told that the second was there already', async () => {
  const world = createWorld();
  const id = crypto.randomUUID();
  const [phone, laptop] = [
    await world.device({ runtime: repeating(id) }),
    await world.device({ runtime: repeating(id) }),
  ];
  await phone.collection(task).create({ id: 'a', title: 'by the phone' });
  const receipt = await laptop.collection(task).create({ id: 'b', title: 'by the laptop' });
  await laptop
    .collection(task)
    .create({ id: 'c', title: 'after it' }, { dependsOn: [receipt.operationId ?? ''] });
  expect(receipt.operationId).toBe(id);
  const accepted = receipt.accepted;
  await phone.sync();
  await laptop.sync();
  await accepted;
  await phone.sync();
  for (const device of [phone, laptop]) {
    expect((await device.collection(task).list()).map(({ title }) => title)).toEqual([
      'by the phone',
      'by the laptop',
      'after it',
    ]);
    expect(device.status()).toMatchObject({ state: 'synced', pending: 0, deadLetters: 0 });
  }
  await world.close();
});

test('one device that draws an id twice writes twice', async () => {
  const world = createWorld();
  const id = crypto.randomUUID();
  const phone = await world.device({ runtime: repeating(id, id) });
  await phone.collection(task).create({ id: 't', title: 'T', minutes: 1 });
  await phone.sync();
  await phone.collection(task).increment('t', 'minutes', 1);
  await phone.sync();
  const laptop = await world.device();
  await laptop.sync();
  expect(await laptop.collection(task).get('t')).toMatchObject({ minutes: 2 });
  expect(phone.outbox.list()).toEqual([]);
  await world.close();
});

test.each(['', 'x'.repeat(257), 'a\0b', 'half a pair \ud83d'])('no record gets the id %j', async (id) => {
  const world = createWorld();
  const phone = await world.device();
  await expect(phone.collection(task).create({ id, title: 'a' })).rejects.toMatchObject({
    code: 'validation',
  });
  expect(phone.status().pending).toBe(0);
});
