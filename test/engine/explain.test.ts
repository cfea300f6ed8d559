import { expect, test } from 'vitest';
import {
  clientWins,
  defineEntity,
  manual,
  serverWins,
  type ClientEvent,
  type EntityDefinition,
  type SyncClient,
} from 'syncline';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

const score = defineEntity({
  name: 'score',
  schema: z.object({ id: z.string(), tempo: z.number() }),
  strategy: manual(),
});

test('a value that is shown but unsent is explained as this device’s, even where the server holds a later one', async () => {
  const world = createWorld([score]);
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(score).create({ id: 's', tempo: 60 });
  await phone.sync();
  await laptop.sync();
  await phone.collection(score).update('s', { tempo: 61 });
  await laptop.collection(score).update('s', { tempo: 66 });
  await laptop.sync();
  await phone.sync();
  const { fields, waiting } = await phone.explain(score, 's');
  expect(fields.find(({ path }) => path === '/tempo')).toMatchObject({
    value: 61,
    replica: phone.replica,
    synced: false,
  });
  expect(fields.find(({ path }) => path === '/id')).toMatchObject({ synced: true });
  expect(waiting).toEqual(['The update waits for a person to decide.']);
  await world.close();
});

test('what the server has deleted is not said to be there, as long as a person decides', async () => {
  const world = createWorld([score]);
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(score).create({ id: 's', tempo: 60 });
  for (const device of [phone, laptop]) await device.sync();
  await laptop.collection(score).delete('s');
  await phone.collection(score).update('s', { tempo: 61 });
  for (const device of [laptop, phone]) await device.sync();
  expect(phone.conflicts.list()).toHaveLength(1);
  expect(await phone.collection(score).get('s')).toEqual({ id: 's', tempo: 61 });
  const { fields } = await phone.explain(score, 's');
  expect(fields.map(({ path, synced }) => [path, synced])).toEqual([
    ['/id', false],
    ['/tempo', false],
  ]);
  await world.close();
});

test('whoever writes, and whoever only pulls, is told of a merge once, with both authors', async () => {
  const world = createWorld();
  const [phone, laptop, tablet] = [await world.device(), await world.device(), await world.device()];
  await phone.collection(task).create({ id: 't', title: 'T', minutes: 1 });
  for (const device of [phone, laptop, tablet]) await device.sync();
  const merges = [phone, laptop, tablet].map((device) => {
    const told: ClientEvent[] = [];
    device.events$.subscribe((event) => event.kind === 'merged' && told.push(event));
    return told;
  });
  await phone.collection(task).update('t', { minutes: 20 });
  await laptop.collection(task).update('t', { minutes: 15 });
  for (const device of [phone, laptop, tablet, phone, laptop, tablet]) await device.sync();
  const decisions = [
    {
      path: '/minutes',
      local: 15,
      remote: 20,
      result: 20,
      replica: laptop.replica,
      remoteReplica: phone.replica,
    },
  ];
  for (const told of merges)
    expect(told).toMatchObject([{ kind: 'merged', entity: 'task', entityId: 't', decisions }]);
  await world.close();
});

async function authors(device: SyncClient, entity: { readonly name: string }): Promise<object> {
  const { fields } = await device.explain(entity as EntityDefinition, 's');
  return Object.fromEntries(fields.map(({ path, replica }) => [path, replica]));
}

test('whoever loses all of a write is not named as the one who wrote the record', async () => {
  const strict = { ...score, strategy: serverWins() };
  const world = createWorld([strict]);
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(strict).create({ id: 's', tempo: 60 });
  await laptop.collection(strict).create({ id: 's', tempo: 70 });
  for (const device of [phone, laptop, phone]) await device.sync();
  expect(await laptop.collection(strict).get('s')).toEqual({ id: 's', tempo: 60 });
  const expected = { '/id': phone.replica, '/tempo': phone.replica };
  for (const device of [phone, laptop]) expect(await authors(device, strict)).toEqual(expected);
  await world.close();
});

test('whoever wins with an earlier write is named as the one who wrote the value', async () => {
  const last = { ...score, strategy: clientWins() };
  const world = createWorld([last]);
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(last).create({ id: 's', tempo: 60 });
  for (const device of [phone, laptop]) await device.sync();
  await phone.collection(last).update('s', { tempo: 70 });
  await laptop.collection(last).update('s', { tempo: 80 });
  for (const device of [laptop, phone, laptop]) await device.sync();
  expect(await laptop.collection(last).get('s')).toEqual({ id: 's', tempo: 70 });
  for (const device of [phone, laptop])
    expect(await authors(device, last)).toEqual({ '/id': phone.replica, '/tempo': phone.replica });
  await world.close();
});

test('a record that rises from the dead has the authors that it had, not the one who deleted it', async () => {
  const world = createWorld();
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(task).create({ id: 's', title: 'A', minutes: 1 });
  for (const device of [phone, laptop]) await device.sync();
  await laptop.collection(task).delete('s');
  await laptop.sync();
  await phone.collection(task).update('s', { title: 'B' });
  for (const device of [phone, laptop]) await device.sync();
  const expected = { '/id': phone.replica, '/title': phone.replica, '/minutes': phone.replica };
  for (const device of [phone, laptop]) expect(await authors(device, task)).toEqual(expected);
  await world.close();
});

test('the outbox can be watched', async () => {
  const world = createWorld();
  const phone = await world.device();
  const lengths: number[] = [];
  phone.outbox.watch().subscribe((entries) => lengths.push(entries.length));
  await phone.collection(task).create({ id: 't', title: 'T' });
  await phone.sync();
  expect(lengths).toEqual([0, 1, 0]);
  await world.close();
});
