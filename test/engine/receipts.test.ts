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

test.each([
  ['keep', /durable/],
  ['discard', /discarded/],
] as const)('a receipt that is asked after the client was closed says so: %s', async (pending, hint) => {
  const world = createWorld([score]);
  const phone = await world.device();
  const early = await phone.collection(score).create({ id: 's', tempo: 60 });
  const accepted = expect(early.accepted).rejects.toMatchObject({ code: 'storage-closed' });
  const late = await phone.collection(score).create({ id: 't', tempo: 60 });
  await phone.close({ pending });
  await accepted;
  await expect(late.accepted).rejects.toMatchObject({
    code: 'storage-closed',
    hint: expect.stringMatching(hint) as string,
  });
});
