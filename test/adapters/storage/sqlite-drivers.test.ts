import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStorage, type SqliteConnection, type SqliteValue } from 'syncline/storage/sqlite';
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

/** The calls of `expo-sqlite` and of `op-sqlite`, over a driver that is here, and the bindings of docs/storages.md. */
const phones: Readonly<Record<string, (file: string) => SqliteConnection>> = {
  'expo-sqlite'(file) {
    const { database, statement } = preparing(file);
    const expo = {
      runAsync: async (sql: string, values: SqliteValue[]) => statement(sql).run(...values),
      getAllAsync: async (sql: string, values: SqliteValue[]) => statement(sql).all(...values),
      closeAsync: async () => void database.close(),
    };
    return {
      prepare: (sql) => ({
        run: (...values) => expo.runAsync(sql, values),
        all: (...values) => expo.getAllAsync(sql, values),
      }),
      close: () => expo.closeAsync(),
    };
  },
  'op-sqlite'(file) {
    const { database, statement } = preparing(file);
    const op = {
      async execute(sql: string, values: SqliteValue[]) {
        await new Promise((resolve) => setImmediate(resolve));
        const prepared = statement(sql);
        if (prepared.reader) return { rows: prepared.all(...values) };
        prepared.run(...values);
        return { rows: [] };
      },
      close: () => void database.close(),
    };
    return {
      prepare: (sql) => ({
        run: (...values) => op.execute(sql, values),
        all: async (...values) => (await op.execute(sql, values)).rows,
      }),
      close: () => op.close(),
    };
  },
};

/** Each statement once: this driver finishes with one when it is collected as garbage, and not before. */
function preparing(file: string) {
  const database = new Database(file);
  const statements = new Map<string, ReturnType<typeof database.prepare>>();
  const statement = (sql: string) => {
    const prepared = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, prepared);
    return prepared;
  };
  return { database, statement };
}

describe.each(Object.entries(phones))('sqliteStorage over the calls of %s', (_name, open) => {
  test.each(storageCases)('$name', async ({ run }) => {
    const file = join(folder, `${files++}.db`);
    await run(() => sqliteStorage({ database: () => open(file) }));
  });
});
