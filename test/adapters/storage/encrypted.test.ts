import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from 'syncline';
import { encryptedStorage } from 'syncline/storage/encrypted';
import { sqliteStorage } from 'syncline/storage/sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { encrypted } from '../subjects/encrypted.js';
import { hold } from '../subjects/hold.js';

const key = crypto.getRandomValues(new Uint8Array(32));
const folder = mkdtempSync(join(tmpdir(), 'syncline-encrypted-'));
let names = 0;

afterAll(() => rmSync(folder, { recursive: true }));

function sqlite() {
  const file = join(folder, `${names++}.db`);
  return () => sqliteStorage({ database: () => new Database(file) });
}

hold(...encrypted);

describe('encryptedStorage over SQLite', () => {
  it('refuses what JSON makes nothing of, and does not take it for a delete', async () => {
    for (const storage of [encryptedStorage(sqlite()(), { key }), sqlite()()]) {
      await storage.open({ notes: { indexes: {} } });
      await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
      const value = (() => 2) as unknown as Json;
      const writing = storage.commit([{ table: 'notes', id: 'a', value }]);
      await expect(writing).rejects.toMatchObject({ code: 'validation' });
      expect(await storage.get('notes', ['a'])).toMatchObject([{ value: 1 }]);
      await storage.close();
    }
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
