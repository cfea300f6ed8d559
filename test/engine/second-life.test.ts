import { expect, test } from 'vitest';
import { createWorld, task } from '../support/world.js';

/** A record with some history, deleted, and its tombstone dropped; then made again on a third device. */
async function secondLife(sawTheEnd: boolean) {
  const world = createWorld();
  const [phone, laptop, tablet] = [await world.device(), await world.device(), await world.device()];
  await phone.collection(task).create({ id: 't', title: 'first life' });
  await phone.sync();
  await phone.collection(task).update('t', { notes: 'old' });
  await phone.sync();
  await laptop.sync();
  await laptop.collection(task).delete('t');
  await laptop.sync();
  if (sawTheEnd) await phone.sync();
  await world.server.compact({ olderThanMs: -1_000 });
  await tablet.sync();
  await tablet.collection(task).create({ id: 't', title: 'second life' });
  await tablet.sync();
  return { world, phone, laptop, tablet };
}

test.each([
  ['saw the end of its first life', true],
  ['was away while its first life ended', false],
])('a record that was made again is seen by a device that %s', async (_, sawTheEnd) => {
  const { world, phone, laptop, tablet } = await secondLife(sawTheEnd);
  await phone.sync();
  await laptop.sync();
  for (const device of [phone, laptop, tablet])
    expect(await device.collection(task).list()).toEqual([{ id: 't', title: 'second life' }]);
  await phone.collection(task).update('t', { notes: 'new' });
  for (const device of [phone, laptop, tablet]) await device.sync();
  for (const device of [phone, laptop, tablet]) {
    expect(await device.collection(task).get('t')).toEqual({ id: 't', title: 'second life', notes: 'new' });
    expect(device.status()).toMatchObject({ state: 'synced', pending: 0 });
  }
  await world.close();
});

test('the device that deleted a record can make it again after its tombstone was dropped', async () => {
  const world = createWorld();
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(task).create({ id: 't', title: 'first life' });
  await phone.sync();
  await laptop.sync();
  await phone.collection(task).delete('t');
  await phone.sync();
  await world.server.compact({ olderThanMs: -1_000 });
  await phone.collection(task).create({ id: 't', title: 'second life' });
  await phone.sync();
  await laptop.sync();
  expect(phone.outbox.list()).toEqual([]);
  for (const device of [phone, laptop])
    expect(await device.collection(task).list()).toEqual([{ id: 't', title: 'second life' }]);
  await world.close();
});
