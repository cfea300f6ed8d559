import Database from 'libsql';
import { sqliteStorage, type SqliteConnection } from 'syncline/storage/sqlite';
import { storageCases } from 'syncline/testing';
import { withFile } from './folder.js';
import { strict } from './strict-driver.js';
import { subject } from './subject.js';

export const sqlite = [
  subject('storage', 'sqliteStorage', storageCases, (run) =>
    withFile((file) => run(() => sqliteStorage({ database: () => new Database(file) }))),
  ),
  subject('storage', 'sqliteStorage, over a strict driver with promises', storageCases, (run) =>
    withFile((file) => run(() => sqliteStorage({ database: slowly(() => strict(new Database(file))) }))),
  ),
];

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
