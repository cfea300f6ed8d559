import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { storageCases } from 'syncline/testing';
import { afterAll, describe, expect, it, test } from 'vitest';
import { levelStorage } from '../../../examples/custom-storage/level-storage.js';
import { LevelStore } from '../../../examples/custom-storage/store.js';

const folder = mkdtempSync(join(tmpdir(), 'syncline-level-'));
let names = 0;

afterAll(() => rmSync(folder, { recursive: true }));

describe('levelStorage in memory', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const database = new MemoryLevel();
    const store = new LevelStore(() => database);
    await run(() => levelStorage({ store }));
  });
});

describe('levelStorage in LevelDB', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const path = join(folder, `${names++}`);
    const store = new LevelStore(() => new ClassicLevel(path));
    await run(() => levelStorage({ store }));
  });
});

const layout = { notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } };

function onDisk() {
  const path = join(folder, `${names++}`);
  return { path, open: () => levelStorage({ store: new LevelStore(() => new ClassicLevel(path)) }) };
}

it('has every acknowledged commit, whole, after its process was killed', async () => {
  const { path, open } = onDisk();
  for (let round = 1; round <= 3; round++) {
    const writer = fileURLToPath(new URL('./writer.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', writer, path]);
    let acknowledged = -1;
    for await (const line of createInterface(child.stdout)) {
      acknowledged = Number(line);
      if (acknowledged === 40 * round) child.kill('SIGKILL');
    }
    if (child.signalCode === null && child.exitCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');

    const storage = open();
    await storage.open(layout);
    const notes = await storage.scan('notes', { index: 'due' });
    expect(notes.map(({ value }) => value)).toEqual(notes.map((_, due) => ({ due })));
    expect(notes.length).toBeGreaterThan(acknowledged);
    expect(await storage.scan('outbox')).toHaveLength(notes.length);
    await storage.close();
  }
});

it('keeps the indexes of a newer release right, whatever an older one writes', async () => {
  const { open } = onDisk();
  const byTitle = { ...layout, notes: { indexes: { due: '/due', title: '/title' } } };
  const newer = open();
  await newer.open(byTitle);
  await newer.commit([{ table: 'notes', id: 'a', value: { title: 'z' } }]);
  await newer.close();
  const older = open();
  await older.open(layout);
  await older.commit([
    { table: 'notes', id: 'a', value: { title: 'b' } },
    { table: 'notes', id: 'b', value: { title: 'a' } },
  ]);
  await older.close();
  const again = open();
  await again.open(byTitle);
  const rows = await again.scan('notes', { index: 'title' });
  expect(rows.map(({ id }) => id)).toEqual(['b', 'a']);
  await again.close();
});

it('stores a value as it is when it is committed', async () => {
  const storage = onDisk().open();
  await storage.open(layout);
  const value = { due: 1 };
  const commit = storage.commit([{ table: 'notes', id: 'a', value }]);
  value.due = 2;
  await commit;
  expect(await storage.scan('notes', { index: 'due' })).toMatchObject([{ value: { due: 1 } }]);
  await storage.close();
});

it('says that another handle has the database, and opens once that is closed', async () => {
  const { open } = onDisk();
  const [one, other] = [open(), open()];
  await one.open(layout);
  await expect(other.open(layout)).rejects.toMatchObject({ code: 'storage-blocked' });
  await other.close();
  await one.close();
  const third = open();
  await third.open(layout);
  await third.close();
});

it('lets reads that are under way end before it closes', async () => {
  const storage = onDisk().open();
  await storage.open(layout);
  await storage.commit([{ table: 'notes', id: 'a', value: { due: 1 } }]);
  const reads = [storage.get('notes', ['a']), storage.scan('notes', { index: 'due' })];
  await storage.close();
  for (const read of reads) expect(await read).toHaveLength(1);
});
