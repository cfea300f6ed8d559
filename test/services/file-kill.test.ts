import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileStorage } from 'syncline/storage/file';
import { kill, Program } from './support/program.js';

const kills = 50;

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-kill-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is in the file, seen by a process that takes over what the killed one held. */
async function contents(file: string): Promise<{ left: string[]; right: string[]; lost: number }> {
  let lost = 0;
  const storage = fileStorage({ file });
  await storage.open({ left: { indexes: {} }, right: { indexes: {} } }, { lost: () => lost++ });
  const [left, right] = await Promise.all(['left', 'right'].map((table) => storage.scan(table)));
  await storage.close();
  const ids = (rows = left) => (rows ?? []).map(({ id }) => id);
  return { left: ids(left), right: ids(right), lost };
}

/** Waits for the file beside the log in which a snapshot is made. */
async function draft(): Promise<void> {
  for (const until = Date.now() + 2_000; Date.now() < until;) {
    if ((await readdir(folder)).includes('writes.log.new')) return;
  }
}

test(`a process killed ${kills} times while it writes to a file loses no acknowledged write and tears no commit`, async () => {
  const program = await Program.build('file-writer');
  const file = join(folder, 'writes.log');
  const acknowledged: string[] = [];
  let [unanswered, stoppedCompactions] = [0, 0];
  for (let round = 0; round < kills; round++) {
    const child = program.start(file, `r${round}`);
    child.on('message', (ids) => acknowledged.push(...(ids as string[])));
    await once(child, 'message');
    // Each fifth one is caught while it makes a snapshot; the others, wherever they are.
    if (round % 5 === 4) await draft();
    else await sleep(Math.random() * 100);
    await kill(child);
    const names = await readdir(folder);
    if (names.includes('writes.log.new')) stoppedCompactions++;
    expect(names.filter((name) => name.includes(`.lock.${child.pid}.`))).toHaveLength(1);
    const { left, right, lost } = await contents(file);
    expect([lost, left]).toEqual([0, right]);
    const present = new Set(left);
    expect(acknowledged.filter((id) => !present.has(id))).toEqual([]);
    unanswered = left.length - acknowledged.length;
  }
  console.log(
    `file kills: ${kills}, of them while compacting: ${stoppedCompactions}; acknowledged commits: ${acknowledged.length}, lost: 0; stored without an answer: ${unanswered}`,
  );
  expect(acknowledged.length).toBeGreaterThan(kills * 5);
  expect(stoppedCompactions).toBeGreaterThan(0);
  expect(await readdir(folder)).toEqual(['writes.log']);
}, 120_000);

test('four processes that want one file at once, with what a dead one left in the way, have it one after the other', async () => {
  const [processes, times] = [4, 12];
  const program = await Program.build('file-counter');
  const file = join(folder, 'counter.log');
  const gone = program.start(join(folder, 'other.log'), '0');
  await once(gone, 'exit');
  await writeFile(`${file}.lock.${gone.pid}.0.deadbeef.${hostname()}`, '');
  const children = Array.from({ length: processes }, () => program.start(file, String(times)));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
  expect(codes).toEqual(Array.from({ length: processes }, () => 0));
  const storage = fileStorage({ file });
  await storage.open({ counters: { indexes: {} } });
  expect(await storage.get('counters', ['n'])).toMatchObject([{ value: processes * times }]);
  await storage.close();
  expect((await readdir(folder)).filter((name) => name.startsWith('counter.log'))).toEqual(['counter.log']);
}, 60_000);
