import { expect, test } from 'vitest';
import { defineEntity, manual, type FieldChange, type OperationResult, type SyncClient } from 'syncline';
import { z } from 'zod';
import { createWorld, task } from '../support/world.js';
import type { LoopbackMiddleware } from 'syncline/transport/loopback';

/** Answers some pushed operations in the server's place; the server never sees them. */
function refusing(
  decide: (operation: { id: string; entityId: string }) => Omit<OperationResult, 'id'> | undefined,
): LoopbackMiddleware {
  return async (call, next) => {
    if (call.kind !== 'push') return next(call.request);
    const request = call.request as { operations: { id: string; entityId: string }[] };
    const answers = new Map(request.operations.map((operation) => [operation.id, decide(operation)]));
    const answer = (await next({
      ...request,
      operations: request.operations.filter(({ id }) => answers.get(id) === undefined),
    })) as {
      results: { id: string }[];
    };
    const given = new Map(answer.results.map((result) => [result.id, result]));
    return {
      ...answer,
      results: request.operations.map(({ id }) => given.get(id) ?? { id, ...answers.get(id) }),
    };
  };
}

const rejected = { status: 'rejected', code: 'rejected', message: 'no such composer' } as const;

async function ids(client: SyncClient): Promise<string[]> {
  return (await client.collection(task).list()).map(({ id }) => id).sort();
}

test('a refused create leaves the view with the later writes to its record, and everything else carries on', async () => {
  const world = createWorld([task], {
    authorize: ({ operation }) => operation?.kind !== 'create' || operation.entityId !== 'bad',
  });
  const phone = await world.device({ outbox: { compact: false } });
  const tasks = phone.collection(task);
  const refused = await tasks.create({ id: 'bad', title: 'X' });
  await tasks.update('bad', { title: 'Y' });
  await tasks.create({ id: 'good', title: 'Z' });
  const fate = expect(refused.accepted).rejects.toMatchObject({ code: 'rejected' });
  await phone.sync();
  await fate;
  expect(await ids(phone)).toEqual(['good']);
  expect(phone.outbox.deadLetters().map(({ error }) => [error?.code, error?.details?.['because']])).toEqual([
    ['forbidden', undefined],
    ['rejected', refused.operationId],
  ]);
  expect(phone.status()).toMatchObject({ deadLetters: 2, pending: 0 });
  await world.close();
});

test('a dead letter can be sent again as it was, edited, exported or given up', async () => {
  const world = createWorld();
  let strict = true;
  const phone = await world.device({ middleware: refusing(() => (strict ? rejected : undefined)) });
  const tasks = phone.collection(task);
  for (const id of ['again', 'edited', 'dropped']) await tasks.create({ id, title: id });
  await phone.sync();
  strict = false;
  const letters = new Map(
    phone.outbox.deadLetters().map(({ operation }) => [operation.entityId, operation.id]),
  );
  expect(phone.outbox.export()).toContain('dropped');
  await phone.outbox.retry(letters.get('again') ?? '');
  await phone.outbox.edit(letters.get('edited') ?? '', [
    { path: '', action: 'set', value: { id: 'edited', title: 'Edited' } },
  ]);
  await phone.outbox.discard(letters.get('dropped') ?? '');
  expect(await ids(phone)).toEqual(['again', 'edited']);
  await phone.sync();
  expect(phone.outbox.list()).toEqual([]);
  const laptop = await world.device();
  await laptop.sync();
  expect(await laptop.collection(task).list()).toEqual([
    { id: 'again', title: 'again' },
    { id: 'edited', title: 'Edited' },
  ]);
  await expect(phone.outbox.retry('nonsense')).rejects.toMatchObject({ code: 'not-found' });
  await world.close();
});

test.each<[string, FieldChange[]]>([
  ['a part of a create', [{ path: '/title', action: 'set', value: 'Edited' }]],
  ['no record', [{ path: '', action: 'set', value: { id: 't', title: 5 } }]],
  ['nothing', []],
])('a dead letter stays as it was when it is edited into %s', async (_, changes) => {
  const world = createWorld();
  const phone = await world.device({ middleware: refusing(() => rejected) });
  await phone.collection(task).create({ id: 't', title: 'of value' });
  await phone.sync();
  const before = phone.outbox.deadLetters();
  await expect(phone.outbox.edit(before[0]?.operation.id ?? '', changes)).rejects.toMatchObject({
    code: 'validation',
  });
  expect(phone.outbox.list()).toEqual(before);
  await world.close();
});

test('a transient refusal becomes a dead letter after three attempts, being offline never counts', async () => {
  const world = createWorld();
  let offline = true;
  const busy = refusing(({ entityId }) =>
    entityId === 'slow' ? { status: 'retry', code: 'busy' } : undefined,
  );
  let now = 1_700_000_000_000;
  const phone = await world.device({
    middleware: (call, next) => (offline ? Promise.reject(new Error('unplugged')) : busy(call, next)),
    runtime: {
      now: () => now,
      random: Math.random,
      uuid: () => crypto.randomUUID(),
      setTimer: () => () => undefined,
    },
  });
  await phone.collection(task).create({ id: 'slow', title: 'S' });
  for (let attempt = 0; attempt < 50; attempt++) await phone.sync().catch(() => undefined);
  expect(phone.outbox.list()).toMatchObject([{ state: 'pending', attempts: 0 }]);
  offline = false;
  await phone.collection(task).create({ id: 'quick', title: 'Q' });
  for (let attempt = 1; attempt <= 3; attempt++) {
    await phone.sync();
    expect(phone.outbox.list()).toMatchObject([
      { attempts: Math.min(attempt, 2), state: attempt < 3 ? 'pending' : 'dead' },
    ]);
    now += 60_000;
  }
  await world.close();
});

test('what depends on a refused operation goes with it, and says with which', async () => {
  const world = createWorld();
  const phone = await world.device({
    middleware: refusing(({ entityId }) => (entityId === 'album' ? rejected : undefined)),
  });
  const tasks = phone.collection(task);
  const album = await tasks.create({ id: 'album', title: 'A' });
  const track = await tasks.create({ id: 'track', title: 'T' }, { dependsOn: [album.operationId ?? ''] });
  await tasks.create({ id: 'note', title: 'N' }, { dependsOn: [track.operationId ?? ''] });
  await phone.sync();
  expect(
    phone.outbox
      .deadLetters()
      .map(({ operation, error }) => [operation.entityId, error?.details?.['because']]),
  ).toEqual([
    ['album', undefined],
    ['track', album.operationId],
    ['note', track.operationId],
  ]);
  expect(await ids(phone)).toEqual([]);
  await world.close();
});

test('a transaction is refused whole', async () => {
  const world = createWorld();
  const phone = await world.device({
    middleware: refusing(({ entityId }) => (entityId === 'b' ? rejected : undefined)),
  });
  // The server is shown an incomplete group, and must refuse the rest of it too.
  await phone.transaction((tx) => {
    tx.collection(task).create({ id: 'a', title: 'A' });
    tx.collection(task).create({ id: 'b', title: 'B' });
  });
  expect(await ids(phone)).toEqual(['a', 'b']);
  await phone.sync();
  expect(await ids(phone)).toEqual([]);
  expect(phone.outbox.deadLetters()).toHaveLength(2);
  const laptop = await world.device();
  await laptop.sync();
  expect(await ids(laptop)).toEqual([]);
  await world.close();
});

const score = defineEntity({
  name: 'score',
  schema: z.object({ id: z.string(), tempo: z.number(), title: z.string() }),
  strategy: manual(),
});

test.each([
  ['local', { id: 's', tempo: 90, title: 'C' }, []],
  ['remote', { id: 's', tempo: 72, title: 'C' }, []],
  // The laptop's title gives way, too.
  [
    { merged: { id: 's', tempo: 80, title: 'D' } },
    { id: 's', tempo: 80, title: 'D' },
    [{ path: '/title', remote: 'C', result: 'D', rule: 'person' }],
  ],
] as const)(
  'a person settles a conflict with %j, and every device ends with that',
  async (resolution, expected, furtherDecisions) => {
    const world = createWorld([score]);
    const [phone, laptop] = [await world.device(), await world.device()];
    await phone.collection(score).create({ id: 's', tempo: 60, title: 'A' });
    await phone.sync();
    await laptop.sync();
    await laptop.collection(score).update('s', { tempo: 72, title: 'C' });
    await phone.collection(score).update('s', { tempo: 90 });
    await laptop.sync();
    await phone.sync();
    const [conflict] = phone.conflicts.list();
    expect(conflict).toMatchObject({
      entity: 'score',
      entityId: 's',
      fields: [{ path: '/tempo', base: 60, local: 90, remote: 72 }],
    });
    expect(await phone.collection(score).get('s')).toMatchObject({ tempo: 90 });
    expect(phone.status().state).toBe('conflicts');
    await phone.conflicts.resolve(conflict?.id ?? '', resolution);
    expect(phone.conflicts.list()).toEqual([]);
    await phone.sync();
    await laptop.sync();
    expect(await phone.collection(score).get('s')).toEqual(expected);
    expect(await laptop.collection(score).get('s')).toEqual(expected);
    expect((await laptop.explain(score, 's')).decisions).toMatchObject([
      { path: '/tempo', rule: 'person' },
      ...furtherDecisions,
    ]);
    await world.close();
  },
);

test('who leaves a record deleted that this device never had lets go of the changes that wait for it', async () => {
  const world = createWorld([score]);
  const [phone, laptop] = [await world.device(), await world.device()];
  const [here, there] = [phone.collection(score), laptop.collection(score)];
  await there.create({ id: 's', tempo: 60, title: 'A' });
  await laptop.sync();
  await there.delete('s');
  await laptop.sync();
  await here.create({ id: 's', tempo: 90, title: 'B' });
  const change = (tempo: number, other: string) =>
    phone.transaction((tx) => {
      tx.collection(score).update('s', { tempo });
      tx.collection(score).create({ id: other, tempo, title: 'C' });
    });
  await change(91, 'before');
  await phone.sync();
  await change(92, 'after');
  await phone.conflicts.resolve(phone.conflicts.list()[0]?.id ?? '', 'remote');

  expect(await here.list()).toEqual([]);
  expect(phone.outbox.deadLetters().map(({ error }) => error?.code)).toEqual([
    'not-found',
    'rejected',
    'not-found',
    'rejected',
  ]);
  for (const device of [phone, laptop]) await device.sync();
  expect(await there.list()).toEqual([]);
  expect(phone.status()).toMatchObject({ pending: 0, conflicts: 0, deadLetters: 4 });
  await world.close();
});

test('giving up a write that was never sent takes it out of the view, and its receipt says so', async () => {
  const world = createWorld();
  const phone = await world.device();
  const receipt = await phone.collection(task).create({ id: 't', title: 'T' });
  const fate = expect(receipt.accepted).rejects.toMatchObject({ code: 'rejected' });
  await phone.outbox.discard(receipt.operationId ?? '');
  await fate;
  await expect(receipt.accepted).rejects.toMatchObject({ code: 'rejected' });
  expect(await ids(phone)).toEqual([]);
  expect(phone.outbox.list()).toEqual([]);
  await world.close();
});

test('a conflict that a person settled keeps its explanation when it meets a second change on the way', async () => {
  const world = createWorld([score]);
  const [phone, laptop] = [await world.device(), await world.device()];
  await phone.collection(score).create({ id: 's', tempo: 60, title: 'A' });
  await phone.sync();
  await laptop.sync();
  await laptop.collection(score).update('s', { tempo: 72 });
  await phone.collection(score).update('s', { tempo: 90 });
  await laptop.sync();
  await phone.sync();
  await phone.conflicts.resolve(phone.conflicts.list()[0]?.id ?? '', 'local');
  await laptop.collection(score).update('s', { title: 'B' });
  await laptop.sync();
  await phone.sync();
  await laptop.sync();
  expect(await laptop.collection(score).get('s')).toEqual({ id: 's', tempo: 90, title: 'B' });
  expect((await laptop.explain(score, 's')).decisions).toMatchObject([
    { path: '/tempo', remote: 72, result: 90, rule: 'person' },
  ]);
  await world.close();
});

test('what is sent again keeps its priority, its meta and what it waits for', async () => {
  const world = createWorld();
  let strict = true;
  const phone = await world.device({ middleware: refusing(() => (strict ? rejected : undefined)) });
  const tasks = phone.collection(task);
  const album = await tasks.create({ id: 'album', title: 'A' });
  const options = { dependsOn: [album.operationId ?? ''], priority: 3, meta: { by: 'import' } };
  await tasks.create({ id: 'track', title: 'T' }, options);
  await phone.sync();
  const [first = '', second = ''] = phone.outbox.deadLetters().map(({ operation }) => operation.id);
  await expect(phone.outbox.retry(second)).rejects.toMatchObject({
    code: 'rejected',
    details: { because: first },
  });
  const again = await phone.outbox.retry(first);
  await phone.outbox.retry(second);
  expect(phone.outbox.list().at(-1)?.operation).toMatchObject({ ...options, dependsOn: [again] });
  strict = false;
  await phone.sync();
  expect(phone.status()).toMatchObject({ state: 'synced', deadLetters: 0 });
  await world.close();
});

test.each(['local', 'remote', 'merged'] as const)(
  'a conflict of two long texts is settled and accepted: %s',
  async (choice) => {
    const page = defineEntity({
      name: 'page',
      schema: z.object({ id: z.string(), text: z.string() }),
      strategy: manual(),
    });
    const world = createWorld([page]);
    const [phone, laptop] = [await world.device(), await world.device()];
    await phone.collection(page).create({ id: 'p', text: '' });
    for (const device of [phone, laptop]) await device.sync();
    const text = { local: 'l'.repeat(200_000), remote: 'r'.repeat(200_000), merged: 'm'.repeat(200_000) };
    await laptop.collection(page).update('p', { text: text.remote });
    await phone.collection(page).update('p', { text: text.local });
    for (const device of [laptop, phone]) await device.sync();
    const merged = { merged: { id: 'p', text: text.merged } };
    await phone.conflicts.resolve(phone.conflicts.list()[0]?.id ?? '', choice === 'merged' ? merged : choice);
    for (const device of [phone, laptop]) await device.sync();
    expect(phone.outbox.list()).toEqual([]);
    for (const device of [phone, laptop])
      expect(await device.collection(page).get('p')).toEqual({ id: 'p', text: text[choice] });
    expect((await laptop.explain(page, 'p')).decisions).toMatchObject([
      { local: text.local, remote: text.remote, result: text[choice] },
    ]);
    await world.close();
  },
);
