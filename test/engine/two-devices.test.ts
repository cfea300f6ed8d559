import { expect, test } from 'vitest';
import { createWorld, task } from '../support/world.js';

test('two devices that edit one record offline end equal, with each field merged by its rule', async () => {
  const world = createWorld();
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone
    .collection(task)
    .create({ id: 't1', title: 'Etude', notes: 'slow', minutes: 10, tags: ['piano'] });
  await phone.sync();
  await laptop.sync();

  await phone
    .collection(task)
    .update('t1', { notes: 'slow\nleft hand', minutes: 25, tags: ['piano', 'left'] });
  await laptop
    .collection(task)
    .update('t1', { notes: 'slow\nmetronome', minutes: 40, tags: ['piano', 'pulse'], title: 'Étude' });
  await phone.sync();
  await laptop.sync();
  await phone.sync();

  const merged = await phone.collection(task).get('t1');
  expect(merged).toEqual({
    id: 't1',
    title: 'Étude',
    notes: 'slow\nleft hand\nmetronome',
    minutes: 40,
    tags: ['piano', 'left', 'pulse'],
  });
  expect(await laptop.collection(task).get('t1')).toEqual(merged);
  const explanation = await phone.explain(task, 't1');
  expect(explanation.pending).toEqual([]);
  expect(explanation.decisions.map(({ path, rule }) => [path, rule])).toEqual([
    ['/minutes', 'max'],
    ['/notes', 'concat'],
    ['/tags', 'union'],
  ]);
  expect(phone.status().state).toBe('synced');
  await world.close();
});

test('a write is read at once, and its receipt settles when the server has it', async () => {
  const world = createWorld();
  const phone = await world.device();
  const receipt = await phone.collection(task).create({ id: 't1', title: 'Etude' });
  expect(await phone.collection(task).list({ where: { title: 'Etude' } })).toHaveLength(1);
  expect(phone.status()).toMatchObject({ pending: 1 });
  const accepted = receipt.accepted;
  await phone.sync();
  await accepted;
  expect(phone.status()).toMatchObject({ state: 'synced', pending: 0 });
  await world.close();
});

test('deletes, increments and sets made offline by both sides all count', async () => {
  const world = createWorld();
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(task).createMany([
    { id: 'a', title: 'A', minutes: 1, tags: ['x'] },
    { id: 'b', title: 'B' },
  ]);
  await phone.sync();
  await laptop.sync();
  await phone.collection(task).increment('a', 'minutes', 5);
  await phone.collection(task).add('a', 'tags', ['p']);
  await laptop.collection(task).increment('a', 'minutes', 2);
  await laptop.collection(task).remove('a', 'tags', ['x']);
  await laptop.collection(task).delete('b');
  await phone.sync();
  await laptop.sync();
  await phone.sync();
  expect(await phone.collection(task).list()).toEqual([{ id: 'a', title: 'A', minutes: 8, tags: ['p'] }]);
  expect(await laptop.collection(task).list()).toEqual([{ id: 'a', title: 'A', minutes: 8, tags: ['p'] }]);
  await world.close();
});

test('a device is not told again what it did itself, and hears of everything else', async () => {
  const world = createWorld();
  const pulled: string[] = [];
  const phone = await world.device({
    middleware: async (call, next) => {
      const answer = await next(call.request);
      if (call.kind === 'pull')
        pulled.push(
          ...(answer as { changes: { record: { id: string } }[] }).changes.map(({ record }) => record.id),
        );
      return answer;
    },
  });
  const laptop = await world.device();
  await phone.sync();
  await phone.collection(task).create({ id: 'mine', title: 'M' });
  await phone.sync();
  await phone.sync();
  expect(pulled).toEqual([]);
  await laptop.collection(task).create({ id: 'theirs', title: 'T' });
  await laptop.sync();
  await phone.collection(task).create({ id: 'more', title: 'N' });
  await phone.sync();
  expect(pulled).toContain('theirs');
  expect(await phone.collection(task).list()).toHaveLength(3);
  await world.close();
});
