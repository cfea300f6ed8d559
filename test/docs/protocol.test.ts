import { expect, test } from 'vitest';
import {
  createSyncClient,
  defaultLimits,
  defaultRuntime,
  defineEntity,
  latest,
  manual,
  max,
  merge,
  parsePullAnswer,
  parsePushAnswer,
  sum,
  union,
  type Operation,
  type Runtime,
  type SyncClient,
  type TransportAdapter,
} from 'syncline';
import { memoryStorage } from 'syncline/storage/memory';
import { z } from 'zod';
import { contentHash } from '../../src/diff/canonical.js';
import { read } from './fences.js';
import { createPlainServer } from './plain-server.js';

const task = defineEntity({
  name: 'task',
  schema: z.object({
    id: z.string(),
    title: z.string(),
    minutes: z.number(),
    count: z.number(),
    tags: z.array(z.string()),
    place: z.object({ city: z.string().optional(), room: z.string().optional() }),
  }),
  strategy: merge({ fields: { '/minutes': max(), '/count': sum(), '/tags': union() }, otherwise: latest() }),
});
const page = defineEntity({
  name: 'page',
  schema: z.object({ id: z.string(), text: z.string() }),
  strategy: manual(),
});

function createWorld() {
  let time = 1_800_000_000_000;
  const runtime: Runtime = { ...defaultRuntime, now: () => time++ };
  const server = createPlainServer(() => time++);
  const transport: TransportAdapter = {
    push: async (request) =>
      parsePushAnswer(server.push(overTheWire(request) as { operations: Operation[] })),
    pull: async (request) => parsePullAnswer(server.pull(overTheWire(request) as { limit: number })),
  };
  const device = () =>
    createSyncClient({
      entities: [task, page],
      storage: memoryStorage(),
      transport,
      runtime,
      auto: false,
      pageLimit: 3,
    });
  return { server, device };
}

function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function settle(...clients: readonly SyncClient[]): Promise<void> {
  for (let round = 0; round < 3; round++) for (const client of clients) await client.sync();
}

test('a server written from docs/protocol.md alone keeps three devices in step', async () => {
  const { server, device } = createWorld();
  const clients = [await device(), await device(), await device()] as const;
  const [phone, laptop, tablet] = clients;
  const blank = { title: 'T', minutes: 1, count: 0, tags: ['a'], place: {} };
  await phone.collection(task).createMany(['a', 'b', 'c', 'd'].map((id) => ({ ...blank, id })));
  await settle(...clients);

  await phone.collection(task).update('a', { title: 'by phone', minutes: 30, place: { city: 'Bonn' } });
  await laptop.collection(task).update('a', { minutes: 20, tags: ['a', 'b'], place: { room: '3' } });
  await tablet.collection(task).increment('a', 'count', 5);
  await phone.collection(task).increment('a', 'count', 2);
  await laptop.collection(task).add('a', 'tags', ['c']);
  await tablet.collection(task).remove('a', 'tags', ['a']);
  await laptop.collection(task).update('b', { title: 'earlier' });
  await phone.collection(task).update('b', { title: 'later' });
  await phone.collection(task).delete('c');
  await phone.transaction((tx) => {
    tx.collection(task).update('a', { place: { city: 'Köln' } });
    tx.collection(task).update('a', { title: 'by phone, twice' });
  });
  await laptop.collection(task).update('c', { title: 'kept alive' });
  await tablet.collection(task).delete('d');
  await laptop.transaction((tx) => {
    tx.collection(task).create({ ...blank, id: 'e' });
    tx.collection(task).update('b', { count: 7 });
  });
  await settle(...clients);

  const expected = [
    {
      id: 'a',
      title: 'by phone, twice',
      minutes: 30,
      count: 7,
      tags: ['b', 'c'],
      place: { city: 'Köln', room: '3' },
    },
    { ...blank, id: 'b', title: 'later', count: 7 },
    { ...blank, id: 'c', title: 'kept alive' },
    { ...blank, id: 'e' },
  ];
  for (const client of clients) {
    const rows = await client.collection(task).list();
    expect(rows.map((row) => ({ ...row, tags: [...row.tags].sort() }))).toEqual(expected);
    expect(client.status()).toMatchObject({ state: 'synced', pending: 0, conflicts: 0, deadLetters: 0 });
    for (const { id } of expected) {
      const held = server.records().find((record) => record.id === id);
      expect((await client.explain(task, id)).base).toEqual(held);
    }
    await client.close();
  }
});

test('over such a server a person settles what no rule may decide', async () => {
  const { device } = createWorld();
  const [phone, laptop] = [await device(), await device()];
  await phone.collection(page).create({ id: 'p', text: 'a' });
  await settle(phone, laptop);
  await phone.collection(page).update('p', { text: 'b' });
  await laptop.collection(page).update('p', { text: 'c' });
  await settle(phone, laptop);
  const [conflict] = laptop.conflicts.list();
  expect(conflict?.fields).toEqual([{ path: '/text', base: 'a', local: 'c', remote: 'b' }]);
  await laptop.conflicts.resolve(conflict?.id ?? '', 'local');
  await settle(laptop, phone);
  expect(await phone.collection(page).get('p')).toEqual({ id: 'p', text: 'c' });
  for (const client of [phone, laptop]) await client.close();
});

test('docs/protocol.md has the content hashes that are computed', () => {
  const rows = [...read('docs/protocol.md').matchAll(/^\| `([^`]+)` \| `([0-9a-f]{32})` \|$/gm)];
  expect(rows).toHaveLength(3);
  for (const [, value, hash] of rows) expect(contentHash(JSON.parse(value!))).toBe(hash);
});

test('docs/server.md has every limit with its default', () => {
  const rows = [...read('docs/server.md').matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm)];
  const limits = Object.fromEntries(
    rows.map(([, name, value]) => [name, Number(value!.replaceAll(',', ''))]),
  );
  expect(limits).toEqual(defaultLimits);
});
