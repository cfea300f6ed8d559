import Database from 'libsql';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSyncClient, type SyncClient } from 'syncline';
import { memoryStorage } from 'syncline/storage/memory';
import { httpTransport } from 'syncline/transport/http';
import { note } from './support/note.js';
import { Program } from './support/program.js';
import { ServerProcess } from './support/server-process.js';

const kills = 50;
const writers = 4;

let folder = '';
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-kill-'));
  server = new ServerProcess(await Program.build('server'), join(folder, 'sync.db'));
  await server.start();
});

afterAll(async () => {
  await server.kill();
  await rm(folder, { recursive: true, force: true });
});

let pushesInFlight = 0;

function openClient(): Promise<SyncClient> {
  const http = httpTransport({ url: `${server.url}/api/v1/sync`, timeoutMs: 2_000 });
  return createSyncClient({
    entities: [note],
    storage: memoryStorage(),
    transport: {
      ...http,
      async push(...call) {
        pushesInFlight++;
        return http.push!(...call).finally(() => pushesInFlight--);
      },
    },
    outbox: { backoffBaseMs: 5, backoffCapMs: 40, batchCount: 25 },
    pollIntervalMs: 50,
  });
}

/** Steps the counter and adds a note for it, in one transaction, until told to stop; answers how often. */
async function write(client: SyncClient, name: string, signal: AbortSignal): Promise<number> {
  let steps = 0;
  for (; !signal.aborted; steps++) {
    await client.transaction((tx) => {
      tx.collection(note).increment('sum', 'count');
      tx.collection(note).create({ id: `${name}-${steps}`, count: steps });
    });
    await sleep(2);
  }
  return steps;
}

/** Exchanges until nothing waits; an exchange that fails is repeated. */
async function drain(client: SyncClient): Promise<void> {
  await expect
    .poll(
      () =>
        client.sync().then(
          () => client.status().pending,
          () => -1,
        ),
      { timeout: 30_000 },
    )
    .toBe(0);
}

test(`a server killed ${kills} times under ${writers} writers loses no acknowledged write and applies none twice`, async () => {
  const clients = await Promise.all(Array.from({ length: writers }, openClient));
  const [first] = clients;
  await first?.collection(note).create({ id: 'sum', count: 0 });
  for (const client of clients) await drain(client);

  const stop = new AbortController();
  const writing = clients.map((client, at) => write(client, `w${at}`, stop.signal));
  let midPush = 0;
  for (let kill = 0; kill < kills; kill++) {
    await sleep(100 + Math.random() * 150);
    if (pushesInFlight > 0) midPush++;
    await server.kill();
    await server.start();
  }
  stop.abort();
  const steps = (await Promise.all(writing)).reduce((sum, each) => sum + each, 0);
  // Twice: the first ones get what the last ones have sent.
  for (const client of [...clients, ...clients]) await drain(client);

  for (const client of clients) {
    // By itself it asks again every so often, and is `syncing` then.
    await expect
      .poll(() => client.status())
      .toMatchObject({ state: 'synced', pending: 0, conflicts: 0, deadLetters: 0 });
    expect(await client.collection(note).get('sum')).toEqual({ id: 'sum', count: steps });
    expect(await client.collection(note).list()).toHaveLength(steps + 1);
  }
  console.log(
    `server kills: ${kills}, of them with a push under way: ${midPush}; acknowledged transactions: ${steps}, lost: 0`,
  );
  expect(midPush).toBeGreaterThan(kills / 10);
  for (const client of clients) await client.close();
  await server.kill();

  // Seen from beside: plain SQL over the file.
  const database = new Database(server.file);
  const rows = database.prepare('select count(*) as n from sync_records').get() as { n: number };
  expect(rows.n).toBe(steps + 1);
  expect(database.prepare('pragma integrity_check').get()).toMatchObject({ integrity_check: 'ok' });
  database.close();
}, 180_000);
