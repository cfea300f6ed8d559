import 'fake-indexeddb/auto';
import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encryptedStorage } from 'syncline/storage/encrypted';
import { fileStorage } from 'syncline/storage/file';
import { idbStorage } from 'syncline/storage/idb';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { sqliteStorage } from 'syncline/storage/sqlite';
import { storageCases } from 'syncline/testing';
import { afterAll, describe, expect, it, test } from 'vitest';

const key = crypto.getRandomValues(new Uint8Array(32));
const folder = mkdtempSync(join(tmpdir(), 'syncline-encrypted-'));
let names = 0;

afterAll(() => rmSync(folder, { recursive: true }));

function sqlite() {
  const file = join(folder, `${names++}.db`);
  return () => sqliteStorage({ database: () => new Database(file) });
}

describe('encryptedStorage over memory', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const store = createMemoryStore();
    await run(() => encryptedStorage(memoryStorage({ store }), { key }));
  });
});

describe('encryptedStorage over IndexedDB', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const name = `encrypted ${names++}`;
    await run(() => encryptedStorage(idbStorage({ name }), { key }));
  });
});

describe('encryptedStorage over a file', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const file = join(folder, `${names++}.log`);
    await run(() => encryptedStorage(fileStorage({ file }), { key }));
  });
});

describe('encryptedStorage over SQLite', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const below = sqlite();
    await run(() => encryptedStorage(below(), { key }));
  });

  it('refuses a file that was not encrypted, whose indexes stand afterwards', async () => {
    const below = sqlite();
    const layout = { notes: { indexes: { due: '/due' } } };
    const plain = below();
    await plain.open(layout);
    await plain.commit([3, 1, 2].map((due) => ({ table: 'notes', id: `n${due}`, value: { due } })));
    await plain.close();
    await expect(encryptedStorage(below(), { key }).open(layout)).rejects.toMatchObject({
      code: 'storage-blocked',
    });
    const again = below();
    await again.open(layout);
    const rows = await again.scan('notes', { index: 'due' });
    expect(rows.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3']);
    await again.close();
  });
});
