import { expect, test } from 'vitest';
import type { TransactionCollection } from 'syncline';
import { createWorld, task } from '../support/world.js';

type Tasks = Pick<TransactionCollection<{ id: string; title: string }>, 'create'>;

test('a transaction whose function is async is refused, and nothing of it is stored', async () => {
  const world = createWorld();
  const phone = await world.device();
  const tooLate: unknown[] = [];
  const building = phone.transaction((tx): unknown => buildSlowly(tx.collection(task)));
  await expect(building).rejects.toMatchObject({ code: 'validation' });
  await Promise.resolve();
  expect(tooLate).toMatchObject([{ code: 'validation' }]);
  expect(await phone.collection(task).list()).toEqual([]);
  await world.close();

  async function buildSlowly(tasks: Tasks): Promise<void> {
    tasks.create({ id: 'early', title: 'T' });
    await Promise.resolve();
    try {
      tasks.create({ id: 'late', title: 'T' });
    } catch (error) {
      tooLate.push(error);
    }
    throw new Error('nobody hears this');
  }
});

test('a write that is asked of a transaction after its function has returned is refused, not forgotten', async () => {
  const world = createWorld();
  const phone = await world.device();
  const kept: Tasks[] = [];
  await phone.transaction((tx) => void kept.push(tx.collection(task)));
  expect(() => kept[0]?.create({ title: 'late' })).toThrowError(
    expect.objectContaining({ code: 'validation' }) as Error,
  );
  await world.close();
});

test('a transaction that no push could hold is refused before anything of it is stored', async () => {
  const world = createWorld();
  const phone = await world.device();
  const long = 'x'.repeat(200_000);
  const writing = (count: number) =>
    phone.transaction((tx) => {
      for (let at = 0; at < count; at++) tx.collection(task).create({ id: `t${at}`, title: long });
    });
  await expect(writing(5)).rejects.toMatchObject({ code: 'limit' });
  expect(phone.status().pending).toBe(0);
  expect(await phone.collection(task).list()).toEqual([]);
  await writing(4);
  await phone.sync();
  expect(phone.status()).toMatchObject({ state: 'synced', deadLetters: 0 });
  await world.close();
});
