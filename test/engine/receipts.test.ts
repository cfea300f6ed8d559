import { expect, test } from 'vitest';
import { defineEntity, manual, type Receipt } from 'syncline';
import { z } from 'zod';
import { createWorld } from '../support/world.js';

const score = defineEntity({
  name: 'score',
  schema: z.object({ id: z.string(), tempo: z.number() }),
  strategy: manual(),
});

async function fateOf(receipt: Receipt): Promise<string> {
  const waiting = new Promise<string>((resolve) => setTimeout(resolve, 2, 'waits'));
  const settled = receipt.accepted.then(
    () => 'accepted',
    (error: { readonly code: string }) => error.code,
  );
  return Promise.race([settled, waiting]);
}

async function contested() {
  const world = createWorld([score]);
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(score).create({ id: 's', tempo: 60 });
  await phone.sync();
  await laptop.sync();
  await laptop.collection(score).update('s', { tempo: 72 });
  await laptop.sync();
  const receipt = await phone.collection(score).update('s', { tempo: 90 });
  await phone.sync();
  return { world, phone, receipt, conflict: phone.conflicts.list()[0]?.id ?? '' };
}

test('a receipt that is asked late follows its write through what took its place', async () => {
  const { world, phone, receipt, conflict } = await contested();
  expect(await fateOf(receipt)).toBe('conflict');
  await phone.conflicts.resolve(conflict, 'local');
  expect(await fateOf(receipt)).toBe('waits');
  await phone.sync();
  expect(await fateOf(receipt)).toBe('accepted');
  await world.close();
});

test('a receipt of a conflict that was given up does not say that the write was accepted', async () => {
  const { world, phone, receipt, conflict } = await contested();
  await phone.outbox.discard(conflict);
  expect(await fateOf(receipt)).toBe('rejected');
  await world.close();
});
