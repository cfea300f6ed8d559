import Database from 'libsql';
import { build } from 'esbuild';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sqliteStorage } from 'syncline/storage/sqlite';
import { root } from '../../scripts/entries.js';

const kills = 100;
const bundle = join(root, 'node_modules/.syncline-test/storage-writer.mjs');
const layout = { notes: { indexes: { group: '/group' } }, outbox: { indexes: {} } };
let folder = '';
let child: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-storage-kill-'));
  await build({
    entryPoints: [join(root, 'test/services/support/storage-writer.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
});

afterAll(async () => {
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** A process that writes until it is killed, some writes after it has begun. Resolves with the last one acknowledged. */
async function writeUntilKilled(file: string, from: number, lifeMs: number): Promise<number> {
  const writer = fork(bundle, [file, String(from)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child = writer;
  let acknowledged = from - 1;
  writer.on('message', (message) => {
    if (typeof message === 'number') acknowledged = message;
  });
  const gone = once(writer, 'exit');
  await Promise.race([once(writer, 'message'), gone]);
  await sleep(lifeMs);
  writer.kill('SIGKILL');
  const [, signal] = (await gone) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return acknowledged;
}

test(`a process killed ${kills} times in the middle of writes loses no acknowledged write and tears no group`, async () => {
  const file = join(folder, 'client.db');
  let next = 0;
  let unacknowledged = 0;
  for (let kill = 0; kill < kills; kill++) {
    const acknowledged = await writeUntilKilled(file, next, 5 + ((kill * 7) % 60));
    // Seen from beside: plain SQL over the file.
    const database = new Database(file, { readonly: true });
    const groups = database
      .prepare(
        'SELECT "group" AS number, count(*) AS parts FROM notes WHERE "group" >= ? GROUP BY 1 ORDER BY 1',
      )
      .all(next) as { number: number; parts: number }[];
    const queued = database.prepare('SELECT id FROM outbox').all() as { id: string }[];
    database.close();
    expect(groups.map(({ number }) => number)).toEqual(groups.map((_, at) => next + at));
    expect(groups.every(({ parts }) => parts === 3)).toBe(true);
    const last = groups.at(-1)?.number ?? next - 1;
    expect(last).toBeGreaterThanOrEqual(acknowledged);
    // One commit may be durable without anybody having heard of it, and a message may die with its sender.
    unacknowledged += last - acknowledged;
    const expected = [4, 3, 2, 1, 0].map((back) => last - back).filter((group) => group >= 0);
    expect(queued.map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual(expected);
    next = last + 1;
  }
  const storage = sqliteStorage({ database: () => new Database(file), pollMs: 0 });
  await storage.open(layout);
  expect(await storage.scan('notes')).toHaveLength(next * 3);
  const { revision } = await storage.commit([{ table: 'notes', id: 'after', value: { group: next } }]);
  // One commit made the tables; since then every group is one, and no number was used twice.
  expect(revision).toBe(next + 2);
  await storage.close();
  const database = new Database(file);
  expect(database.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' });
  database.close();
  console.log(
    `storage kills: ${kills}; groups written: ${next}, of them durable and not heard of: ${unacknowledged}; lost: 0, torn: 0`,
  );
  expect(next).toBeGreaterThan(kills);
}, 180_000);
