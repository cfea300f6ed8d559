import { assertType, expectTypeOf, test } from 'vitest';
import {
  createSyncClient,
  defineEntity,
  type Conflict,
  type EntityDefinition,
  type Explanation,
  type Receipt,
  type StorageAdapter,
  type SyncClient,
  type SyncStatus,
  type TransactionCollection,
} from 'syncline';
import * as mini from 'zod/mini';
import { z } from 'zod';

const task = defineEntity({ name: 'task', schema: z.object({ id: z.string(), title: z.string() }) });
const piece = defineEntity({
  name: 'piece',
  idField: 'slug',
  schema: mini.object({ slug: mini.string(), minutes: mini.number() }),
});

declare const client: SyncClient;
declare const storage: StorageAdapter;

test('an entity has the type that its schema gives out, from any library', () => {
  expectTypeOf(task).toEqualTypeOf<EntityDefinition<{ id: string; title: string }>>();
  expectTypeOf(piece).toEqualTypeOf<EntityDefinition<{ slug: string; minutes: number }>>();
  const dated = defineEntity({
    name: 'dated',
    schema: z.object({ id: z.string(), day: z.number().transform((day) => String(day)) }),
  });
  expectTypeOf(dated).toEqualTypeOf<EntityDefinition<{ id: string; day: string }>>();
});

test('the id is a field of the schema', () => {
  // @ts-expect-error there is no field `key`
  assertType(defineEntity({ name: 'task', idField: 'key', schema: z.object({ id: z.string() }) }));
  assertType(
    defineEntity({ name: 'task', indexes: ['id', '/place/city'], schema: z.object({ id: z.string() }) }),
  );
  // @ts-expect-error there is no such field to be indexed
  assertType(defineEntity({ name: 'task', indexes: ['due'], schema: z.object({ id: z.string() }) }));
});

test('one client holds entities of different types, and tells them apart', () => {
  expectTypeOf(createSyncClient({ entities: [task, piece], storage, transport: {} })).toEqualTypeOf<
    Promise<SyncClient>
  >();
  expectTypeOf(client.collection(task).get('t')).resolves.toEqualTypeOf<
    Readonly<{ id: string; title: string }> | undefined
  >();
  expectTypeOf(client.collection(piece).get('p')).resolves.toEqualTypeOf<
    Readonly<{ slug: string; minutes: number }> | undefined
  >();
  // @ts-expect-error a piece has no title
  assertType(client.collection(piece).update('p', { title: 'T' }));
});

test('an id of another name is given, not minted', () => {
  assertType(client.collection(piece).create({ slug: 'p', minutes: 1 }));
  // @ts-expect-error only `id` may be left out
  assertType(client.collection(piece).create({ minutes: 1 }));
});

test('a transaction writes to collections of several types, and gives back ids at once', () => {
  expectTypeOf(
    client.transaction((tx) => {
      const tasks = tx.collection(task);
      expectTypeOf(tasks).toEqualTypeOf<TransactionCollection<{ id: string; title: string }>>();
      expectTypeOf(tasks.create({ title: 'T' })).toBeString();
      expectTypeOf(tasks.update('t', { title: 'U' })).toBeVoid();
      tx.collection(piece).create({ slug: 'p', minutes: 1 });
      // @ts-expect-error a title is a text
      tasks.update('t', { title: 5 });
      // @ts-expect-error nothing can be read in a transaction
      assertType(tasks.get('t'));
    }),
  ).toEqualTypeOf<Promise<readonly Receipt[]>>();
});

test('what waits, stands and explains has its type', () => {
  expectTypeOf(client.status()).toEqualTypeOf<SyncStatus>();
  expectTypeOf(client.conflicts.list()).toEqualTypeOf<readonly Conflict[]>();
  expectTypeOf(client.explain(task, 't')).resolves.toEqualTypeOf<Explanation>();
  expectTypeOf(client.close({ pending: 'export' })).resolves.toEqualTypeOf<string | undefined>();
  // @ts-expect-error there is no such choice
  assertType(client.close({ pending: 'forget' }));
  // @ts-expect-error a resolution is a side, or the merged record
  assertType(client.conflicts.resolve('c', 'mine'));
});

test('an event is told apart by its kind', () => {
  client.events$.subscribe((event) => {
    if (event.kind === 'pulled') expectTypeOf(event.changes).toBeNumber();
    if (event.kind === 'storage-lost') expectTypeOf(event.reason).toBeString();
    // @ts-expect-error an event of any kind has no entry
    assertType(event.entry);
  });
});
