import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageCases } from 'syncline/testing';
import { sqliteStorage, type SqliteConnection } from 'syncline/storage/sqlite';
import { afterAll, describe, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'syncline-sqlite-storage-'));
let files = 0;
const freshFile = () => join(folder, `${files++}.db`);

afterAll(() => rmSync(folder, { recursive: true }));

describe('sqliteStorage', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const file = freshFile();
    await run(() => sqliteStorage({ database: () => new Database(file) }));
  });
});

/** A driver whose every call takes its time, as those of a phone do. */
function slowly(open: () => SqliteConnection): () => Promise<SqliteConnection> {
  const later = <T>(work: () => T): Promise<Awaited<T>> =>
    new Promise((resolve, reject) => {
      setImmediate(() => {
        Promise.resolve()
          .then(work)
          .then(resolve as never, reject);
      });
    });
  return async () => {
    const connection = await later(open);
    return {
      prepare: async (sql) => {
        const statement = await later(() => connection.prepare(sql));
        return {
          run: (...values) => later(() => statement.run(...values)),
          all: (...values) => later(() => statement.all(...values)),
        };
      },
      close: () => later(() => connection.close()),
    };
  };
}

describe('sqliteStorage over a driver that answers with promises', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const file = freshFile();
    await run(() => sqliteStorage({ database: slowly(() => new Database(file)) }));
  });
});
