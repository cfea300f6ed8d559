import type { Observable } from 'rxjs';
import { assertType, describe, expectTypeOf, test } from 'vitest';
import { defineEntity, type Collection, type Query, type Receipt, type SyncClient } from 'syncline';
import { z } from 'zod';

const task = defineEntity({
  name: 'task',
  schema: z.object({
    id: z.string(),
    title: z.string(),
    minutes: z.number().optional(),
    tags: z.array(z.string()),
    place: z.object({ city: z.string() }),
  }),
});

interface Task {
  id: string;
  title: string;
  minutes?: number | undefined;
  tags: string[];
  place: { city: string };
}

declare const client: SyncClient;
const tasks = client.collection(task);

describe('a collection', () => {
  test('has the type of its schema', () => {
    expectTypeOf(tasks).toEqualTypeOf<Collection<Task>>();
    expectTypeOf(tasks.get('t1')).toEqualTypeOf<Promise<Readonly<Task> | undefined>>();
    expectTypeOf(tasks.list()).toEqualTypeOf<Promise<readonly Readonly<Task>[]>>();
  });

  test('watches rows of that type', () => {
    expectTypeOf(tasks.watch()).toEqualTypeOf<Observable<readonly Readonly<Task>[]>>();
    tasks
      .watch({ limit: 1 })
      .subscribe((rows) => expectTypeOf(rows[0]).toEqualTypeOf<Readonly<Task> | undefined>());
  });

  test('creates without an id, and with one', () => {
    expectTypeOf(tasks.create({ title: 'T', tags: [], place: { city: 'Bonn' } })).toEqualTypeOf<
      Promise<Receipt>
    >();
    assertType(tasks.create({ id: 't1', title: 'T', tags: [], place: { city: 'Bonn' }, minutes: 5 }));
    assertType(tasks.createMany([{ title: 'T', tags: [], place: { city: 'Bonn' } }]));
    assertType(tasks.upsert({ id: 't1', title: 'T', tags: [], place: { city: 'Bonn' } }));
  });

  test('creates nothing incomplete or of the wrong type', () => {
    // @ts-expect-error the tags are missing
    assertType(tasks.create({ title: 'T', place: { city: 'Bonn' } }));
    // @ts-expect-error a title is a text
    assertType(tasks.create({ title: 5, tags: [], place: { city: 'Bonn' } }));
    // @ts-expect-error an id is a text
    assertType(tasks.create({ id: 5, title: 'T', tags: [], place: { city: 'Bonn' } }));
    // @ts-expect-error there is no such field
    assertType(tasks.create({ title: 'T', tags: [], place: { city: 'Bonn' }, colour: 'red' }));
  });

  test('updates some fields, removes one, or changes a draft', () => {
    assertType(tasks.update('t1', { minutes: 5 }));
    assertType(tasks.update('t1', { minutes: undefined }));
    assertType(tasks.update('t1', (draft) => void (draft.minutes = 5)));
    assertType(tasks.update('t1', (draft) => ({ ...draft, title: 'U' })));
    assertType(
      tasks.update('t1', (draft) => {
        expectTypeOf(draft).toEqualTypeOf<Task>();
      }),
    );
    // @ts-expect-error minutes are a number
    assertType(tasks.update('t1', { minutes: 'five' }));
    // @ts-expect-error there is no such field
    assertType(tasks.update('t1', { colour: 'red' }));
    // @ts-expect-error a draft has the fields of the schema
    assertType(tasks.update('t1', (draft) => void (draft.colour = 'red')));
    // @ts-expect-error what a function gives back is a whole record
    assertType(tasks.update('t1', () => ({ title: 'U' })));
  });

  test('increments a field of the schema, or a place in it', () => {
    assertType(tasks.increment('t1', 'minutes', 5));
    assertType(tasks.add('t1', '/tags', ['slow']));
    // @ts-expect-error there is no such field
    assertType(tasks.increment('t1', 'minuets'));
    // @ts-expect-error members come as an array
    assertType(tasks.remove('t1', 'tags', 'slow'));
  });

  test('reads what cannot be changed', async () => {
    const row = await tasks.get('t1');
    // @ts-expect-error it is a Promise of a record or of nothing
    assertType<Task>(row);
    // @ts-expect-error what is read is read-only
    if (row !== undefined) row.title = 'U';
  });
});

describe('a query', () => {
  test('takes the fields of the schema, with values, conditions or a function', () => {
    assertType<Query<Task>>({ where: { title: 'T', minutes: { gte: 5, lt: 10 }, tags: { contains: 'a' } } });
    assertType<Query<Task>>({ where: { minutes: { in: [1, 2] }, place: { city: 'Bonn' } } });
    assertType(
      tasks.list({ where: ({ minutes }) => (minutes ?? 0) > 5, orderBy: 'minutes', limit: 1, offset: 2 }),
    );
    assertType(tasks.list({ orderBy: ['title', 'desc'] }));
  });

  test('takes no other field and no other type', () => {
    // @ts-expect-error there is no such field
    assertType(tasks.list({ where: { colour: 'red' } }));
    // @ts-expect-error a title is a text
    assertType(tasks.list({ where: { title: 5 } }));
    // @ts-expect-error minutes are compared with numbers
    assertType(tasks.list({ where: { minutes: { gte: 'five' } } }));
    // @ts-expect-error the members of the tags are texts
    assertType(tasks.list({ where: { tags: { contains: 5 } } }));
    // @ts-expect-error there is no such field to order by
    assertType(tasks.watch({ orderBy: 'colour' }));
    // @ts-expect-error there is no such direction
    assertType(tasks.watch({ orderBy: ['title', 'down'] }));
  });
});
