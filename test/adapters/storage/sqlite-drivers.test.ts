import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStorage, type SqliteConnection } from 'syncline/storage/sqlite';
import { storageCases } from 'syncline/testing';
import { afterAll, describe, expect, it, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'syncline-sqlite-drivers-'));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true }));

type DatabaseSync = new (file: string) => SqliteConnection;
const builtIn = process.getBuiltinModule('node:sqlite' as 'node:fs') as unknown as
  { readonly DatabaseSync: DatabaseSync } | undefined;

describe('sqliteStorage over node:sqlite', () => {
  if (builtIn === undefined) {
    it(`was not tried: Node ${process.versions.node} has no node:sqlite, which came with Node 22`, () => {
      expect(Number(process.versions.node.split('.')[0])).toBeLessThan(22);
    });
    return;
  }
  const { DatabaseSync } = builtIn;

  test.each(storageCases)('$name', async ({ run }) => {
    const file = join(folder, `${files++}.db`);
    await run(() => sqliteStorage({ database: () => new DatabaseSync(file) }));
  });

  it('names what SQLite says by its number', async () => {
    const file = join(folder, `${files++}.db`);
    const storage = sqliteStorage({ database: () => new DatabaseSync(file), busyTimeoutMs: 20 });
    await storage.open({ notes: { indexes: {} } });
    const other = new DatabaseSync(file);
    await (await other.prepare('BEGIN IMMEDIATE')).run();
    const commit = storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await expect(commit).rejects.toMatchObject({ code: 'storage-blocked' });
    await other.close();
    await storage.close();
  });
});
