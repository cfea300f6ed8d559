import { firstValueFrom, lastValueFrom, type Observable } from 'rxjs';
import { expect, test } from 'vitest';
import { createWorld, task } from '../support/world.js';

test('a live query shows a write that was issued in the same turn as the subscription', async () => {
  const world = createWorld();
  const phone = await world.device();
  const before: string[][] = [];
  const after: string[][] = [];
  const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
  phone
    .collection(task)
    .watch()
    .subscribe((rows) => before.push(ids(rows)));
  const written = phone.collection(task).create({ id: 'a', title: 'A' });
  phone
    .collection(task)
    .watch()
    .subscribe((rows) => after.push(ids(rows)));
  await written;
  expect(before.at(-1)).toEqual(['a']);
  expect(after.at(-1)).toEqual(['a']);
  await world.close();
});

test('a condition that throws ends its own live query, and neither the write nor the other queries', async () => {
  const world = createWorld();
  const phone = await world.device();
  const errors: unknown[] = [];
  const titles: string[][] = [];
  const boom = new Error('the condition has a bug');
  const where = ({ title }: { readonly title: string }) => {
    if (title === 'boom') throw boom;
    return true;
  };
  phone
    .collection(task)
    .watch({ where })
    .subscribe({ error: (error) => errors.push(error) });
  phone
    .collection(task)
    .watch()
    .subscribe((rows) => titles.push(rows.map(({ title }) => title)));
  await phone.collection(task).create({ id: 'a', title: 'A' });
  await phone.collection(task).create({ id: 'b', title: 'boom' });
  expect(errors).toEqual([boom]);
  expect(titles.at(-1)).toEqual(['A', 'boom']);
  await expect(phone.collection(task).list({ where })).rejects.toBe(boom);
  expect(phone.outbox.list()).toHaveLength(2);
  await world.close();
});

test('rows enter, leave and move within a page of a live query as the same query would list them', async () => {
  const world = createWorld();
  const phone = await world.device();
  const tasks = phone.collection(task);
  const query = {
    where: { minutes: { gte: 10 } },
    orderBy: ['minutes', 'desc'],
    offset: 1,
    limit: 2,
  } as const;
  let shown: unknown;
  const subscription = tasks.watch(query).subscribe((rows) => (shown = rows));
  await tasks.createMany([5, 10, 20, 30, 40].map((minutes) => ({ id: `m${minutes}`, title: 'T', minutes })));
  for (const change of [
    () => tasks.update('m5', { minutes: 35 }),
    () => tasks.update('m40', { minutes: 1 }),
    () => tasks.delete('m30'),
    () => tasks.update('m20', { minutes: undefined }),
    () => tasks.update('m10', { minutes: 35 }),
  ]) {
    await change();
    expect(shown).toEqual(await tasks.list(query));
  }
  const last = shown;
  subscription.unsubscribe();
  await tasks.create({ id: 'late', title: 'L', minutes: 100 });
  expect(shown).toBe(last);
  await world.close();
});

test('a condition of no value asks for rows without it, and an answer that is not true leaves a row out', async () => {
  const world = createWorld();
  const phone = await world.device();
  const tasks = phone.collection(task);
  await tasks.createMany([
    { id: 'bare', title: 'B' },
    { id: 'full', title: 'F', notes: 'some', minutes: 0 },
  ]);
  const ids = async (query: Parameters<typeof tasks.list>[0]) =>
    (await tasks.list(query)).map(({ id }) => id);
  expect(await ids({ where: { notes: undefined } })).toEqual(['bare']);
  expect(await ids({ where: { minutes: undefined } })).toEqual(['bare']);
  expect(await ids({ where: { minutes: { gte: undefined, lte: 5 } } as never })).toEqual(['full']);
  expect(await ids({ where: (({ notes }: { notes?: string }) => notes?.includes('some')) as never })).toEqual(
    ['full'],
  );
  expect(await ids({ where: { toString: { ne: 'x' }, title: 'B' } as never })).toEqual(['bare']);
  await world.close();
});

test('a condition that would change the row it looks at fails, and the row stays', async () => {
  const world = createWorld();
  const phone = await world.device();
  const tasks = phone.collection(task);
  await tasks.create({ id: 't', title: 'T', tags: ['b', 'a'] });
  const sorting = tasks.list({ where: ({ tags = [] }) => tags.sort()[0] === 'c' });
  await expect(sorting).rejects.toThrow(TypeError);
  expect(await tasks.get('t')).toEqual({ id: 't', title: 'T', tags: ['b', 'a'] });
  await world.close();
});

test('all that can be watched ends when the client is closed', async () => {
  const world = createWorld();
  const phone = await world.device();
  const { status$, events$, progress$, outbox, conflicts } = phone;
  const lists = [phone.collection(task).watch(), outbox.watch(), conflicts.watch()];
  const watched: readonly Observable<unknown>[] = [...lists, status$, events$, progress$];
  const ends = watched.map((each) => lastValueFrom(each, { defaultValue: 'nothing' }));
  await phone.collection(task).create({ id: 't', title: 'T' });
  await phone.close();
  expect(await Promise.all(ends)).toMatchObject([
    [{ id: 't' }],
    [{ state: 'pending' }],
    [],
    { pending: 1 },
    'nothing',
    'nothing',
  ]);
  await expect(firstValueFrom(phone.collection(task).watch())).rejects.toMatchObject({
    code: 'storage-closed',
  });
});
