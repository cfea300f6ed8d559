import { expect, test } from 'vitest';
import { defineEntity, manual, type Runtime } from 'syncline';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';

const setting = defineEntity({
  name: 'setting',
  schema: z.object({ id: z.string(), value: z.string() }),
  strategy: manual(),
  sync: { mode: 'throttled', intervalMs: 1_000 },
});

test('a write is not joined to one that its author made without having seen the same', async () => {
  const world = createWorld([setting]);
  let now = Date.now();
  const runtime: Runtime = {
    now: () => now,
    random: () => 0,
    uuid: () => crypto.randomUUID(),
    setTimer: () => () => undefined,
  };
  const [phone, laptop] = [await world.device({ runtime }), await world.device()];
  await phone.collection(setting).create({ id: 's', value: 'A' });
  await phone.sync();
  await laptop.sync();
  await phone.collection(setting).update('s', { value: 'P1' });
  await laptop.collection(setting).update('s', { value: 'L' });
  await laptop.sync();
  // Throttled: what the laptop wrote is pulled, and nothing is sent.
  await phone.sync();
  await phone.collection(setting).update('s', { value: 'P2' });
  now += 2_000;
  await phone.sync();
  expect(phone.conflicts.list()).toMatchObject([
    { fields: [{ path: '/value', base: 'A', local: 'P1', remote: 'L' }] },
  ]);
  await world.close();
});

test('writes are joined while they are sent alike and nothing came between', async () => {
  const world = createWorld();
  const phone = await world.device();
  const tasks = phone.collection(task);
  await tasks.create({ id: 't', title: 'A' }, { meta: { by: 'hand' } });
  await tasks.update('t', { title: 'B' }, { meta: { by: 'hand' } });
  expect(phone.outbox.list()).toHaveLength(1);
  await tasks.update('t', { title: 'C' }, { meta: { by: 'import' } });
  await tasks.update('t', { title: 'D' }, { meta: { by: 'import' }, priority: 5 });
  expect(phone.outbox.list().map(({ operation: { meta, priority } }) => [meta, priority])).toEqual([
    [{ by: 'hand' }, undefined],
    [{ by: 'import' }, undefined],
    [{ by: 'import' }, 5],
  ]);
  await phone.sync();
  expect(await tasks.get('t')).toEqual({ id: 't', title: 'D' });
  await world.close();
});
