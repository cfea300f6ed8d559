import { expect, test } from 'vitest';
import { defineEntity, manual } from 'syncline';
import { z } from 'zod';
import { createWorld } from '../support/world.js';

const shared = ['by default'];
const page = defineEntity({
  name: 'page',
  schema: z.object({ id: z.string(), body: z.any(), tags: z.array(z.string()).default(shared) }),
});

test('what the application gave stays its own: it is not frozen, and may be changed at once', async () => {
  const world = createWorld([page]);
  const phone = await world.device();
  const pages = phone.collection(page);
  const body = { blocks: [{ text: 'given' }] };
  const meta = { source: ['import'] };
  const writes = [
    pages.create({ id: 'created', body, tags: ['t'] }, { meta }),
    pages.upsert({ id: 'upserted', body, tags: ['t'] }),
    pages.createMany([{ id: 'many', body, tags: ['t'] }]),
    phone.transaction((tx) => void tx.collection(page).create({ id: 'grouped', body, tags: ['t'] })),
  ];
  body.blocks[0] = { text: 'changed at once' };
  meta.source.push('changed at once');
  await Promise.all(writes);
  body.blocks[0] = { text: 'changed later' };

  const patch = { body: { blocks: [{ text: 'patched' }] } };
  const members = ['added'];
  const updated = [
    pages.update('created', patch),
    pages.update('upserted', (draft) => ({ ...draft, ...patch })),
    pages.add('many', 'tags', members),
  ];
  members.push('changed at once');
  await Promise.all(updated);
  patch.body.blocks[0] = { text: 'changed later' };

  const texts = (await pages.list()).map(({ id, body: { blocks } }) => [
    id,
    (blocks as { text: string }[])[0]?.text,
  ]);
  expect(texts).toEqual([
    ['created', 'patched'],
    ['grouped', 'given'],
    ['many', 'given'],
    ['upserted', 'patched'],
  ]);
  expect((await pages.get('many'))?.tags).toEqual(['t', 'added']);
  expect(phone.outbox.list()[0]?.operation.meta).toEqual({ source: ['import'] });
  expect([body, body.blocks, patch, patch.body, members].map(Object.isFrozen)).not.toContain(true);
  await world.close();
});

test('a default of the schema is not shared between records, nor frozen', async () => {
  const world = createWorld([page]);
  const phone = await world.device();
  await phone.collection(page).create({ id: 'p', body: null } as never);
  expect((await phone.collection(page).get('p'))?.tags).toEqual(shared);
  expect(Object.isFrozen(shared)).toBe(false);
  await world.close();
});

const v1 = defineEntity({
  name: 'doc',
  schema: z.object({
    id: z.string(),
    title: z.string(),
    notes: z.string().optional(),
    place: z.object({ city: z.string() }).optional(),
    items: z.array(z.object({ id: z.string() })).optional(),
  }),
});
const v2 = defineEntity({
  name: 'doc',
  version: 2,
  schema: z.object({
    id: z.string(),
    title: z.string(),
    notes: z.string().optional(),
    color: z.string().optional(),
    place: z.object({ city: z.string(), zip: z.string().optional() }).optional(),
    items: z.array(z.object({ id: z.string(), done: z.boolean().optional() })).optional(),
  }),
});

test('an older version of the application does not remove the fields it does not know', async () => {
  const world = createWorld([v2]);
  const fresh = await world.device();
  const old = await world.device({ entities: [v1] });
  const unknown = { color: 'red', place: { city: 'A', zip: '1' }, items: [{ id: 'i', done: true }] };
  await fresh.collection(v2).create({ id: 'd', title: 'D', notes: 'N', ...unknown });
  await fresh.sync();
  await old.sync();
  const docs = old.collection(v1);
  const read = async () => {
    await old.sync();
    await fresh.sync();
    return fresh.collection(v2).get('d');
  };

  await docs.update('d', { title: 'E' });
  expect(await read()).toEqual({ id: 'd', title: 'E', notes: 'N', ...unknown });
  await docs.update('d', (draft) => void (draft.notes = undefined));
  expect(await read()).toEqual({ id: 'd', title: 'E', ...unknown });
  await docs.update('d', { place: { city: 'B' } });
  expect(await read()).toMatchObject({ place: { city: 'B' } });
  await docs.upsert({ id: 'd', title: 'F', items: [{ id: 'j' }] });
  expect(await read()).toEqual({ id: 'd', title: 'F', color: 'red', items: [{ id: 'j' }] });
  await world.close();
});

test('what a schema leaves out because of what somebody changed is removed', async () => {
  const shape = defineEntity({
    name: 'shape',
    schema: z.discriminatedUnion('kind', [
      z.object({ id: z.string(), kind: z.literal('circle'), radius: z.number() }),
      z.object({ id: z.string(), kind: z.literal('dot') }),
    ]),
  });
  const world = createWorld([shape]);
  const phone = await world.device();
  await phone.collection(shape).create({ id: 's', kind: 'circle', radius: 2 });
  await phone.collection(shape).update('s', { kind: 'dot' } as never);
  expect(await phone.collection(shape).get('s')).toEqual({ id: 's', kind: 'dot' });
  await world.close();
});

test('a conflict is not resolved by what is no resolution, or by another record', async () => {
  const score = defineEntity({
    name: 'score',
    schema: z.object({ id: z.string(), tempo: z.number() }),
    strategy: manual(),
  });
  const world = createWorld([score]);
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(score).create({ id: 's', tempo: 60 });
  await phone.sync();
  await laptop.sync();
  await laptop.collection(score).update('s', { tempo: 72 });
  await laptop.sync();
  await phone.collection(score).update('s', { tempo: 90 });
  await phone.sync();
  const [conflict] = phone.conflicts.list();
  for (const nonsense of ['mine', undefined, { merged: { id: 'other', tempo: 1 } }, { merged: { id: 's' } }])
    await expect(phone.conflicts.resolve(conflict?.id ?? '', nonsense as never)).rejects.toMatchObject({
      code: 'validation',
    });
  expect(phone.conflicts.list()).toEqual([conflict]);
  await world.close();
});
