import Database from 'libsql';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteStore, type SqliteDatabase } from 'syncline/server-store/sqlite';
import { createSyncServer } from '../../../src/server/index.js';
import { ada, replica, set, task, testRuntime } from '../../server/world.js';
import { hold } from '../subjects/hold.js';
import { sqliteServerStores } from '../subjects/server-stores.js';

const folder = mkdtempSync(join(tmpdir(), 'syncline-sqlite-'));
let files = 0;
const freshFile = () => join(folder, `${files++}.db`);

afterAll(() => rmSync(folder, { recursive: true }));

hold(...sqliteServerStores);

describe('sqliteStore', () => {
  it('keeps tables that plain SQL can read', async () => {
    const file = freshFile();
    const store = sqliteStore({ file });
    const server = createSyncServer({ entities: [task], store, runtime: testRuntime(), mode: 'development' });
    const phone = replica('phone');
    const operations = [
      phone.create('t1', { title: 'Tea' }),
      phone.update('t1', [set('/minutes', 3)], { phone: 1 }),
    ];
    await server.push(ada, { replica: 'phone', operations });
    const observer = new Database(file, { readonly: true });
    const tea = observer
      .prepare(
        `SELECT version, deleted, data ->> '$.title' AS title, data ->> '$.minutes' AS minutes FROM sync_records WHERE id = 't1'`,
      )
      .all();
    expect(tea).toEqual([{ version: 2, deleted: 0, title: 'Tea', minutes: 3 }]);
    const answers = observer
      .prepare('SELECT operation_id, status FROM sync_outcomes ORDER BY position')
      .all();
    expect(answers).toEqual([
      { operation_id: 'phone-1', status: 'accepted' },
      { operation_id: 'phone-2', status: 'accepted' },
    ]);
    observer.close();
    await server.close();
  });

  it('outlives a crash: a copy of its files at any moment holds what was answered', async () => {
    const file = freshFile();
    const store = sqliteStore({ file });
    const server = createSyncServer({ entities: [task], store, runtime: testRuntime(), mode: 'development' });
    const phone = replica('phone');
    await server.push(ada, { replica: 'phone', operations: [phone.create('t1')] });
    const copy = freshFile();
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    await server.close();
    const reopened = sqliteStore({ file: copy });
    expect((await reopened.changesSince('default', { after: 0, limit: 9 })).records).toMatchObject([
      { id: 't1' },
    ]);
    await reopened.close();
  });

  it('takes a new epoch when it is told of a restore', async () => {
    const file = freshFile();
    const store = sqliteStore({ file });
    const epoch = await store.epoch();
    await store.renewEpoch();
    const renewed = await store.epoch();
    expect(renewed).not.toBe(epoch);
    await store.close();
    const again = sqliteStore({ file });
    expect(await again.epoch()).toBe(renewed);
    await again.close();
  });

  it('works over a connection that is handed in, and leaves it open', async () => {
    const database: SqliteDatabase = new Database(':memory:');
    const store = sqliteStore({ database });
    expect(await store.transact('s', (transaction) => transaction.seq())).toBe(1);
    await store.close();
    expect(database.prepare('SELECT head FROM sync_spaces').all()).toEqual([{ head: 1 }]);
    database.close();
  });

  it.each([{}, { file: 'x', database: new Database(':memory:') }])(
    'wants a file or a connection',
    async (options) => {
      await expect(sqliteStore(options).epoch()).rejects.toThrow(TypeError);
    },
  );

  it('leaves tables of a newer release as they are', async () => {
    const file = freshFile();
    const first = sqliteStore({ file });
    await first.epoch();
    await first.close();
    const owner = new Database(file);
    owner.exec(
      `UPDATE sync_meta SET value = '2' WHERE key = 'layout'; DROP TABLE sync_outcomes; PRAGMA wal_checkpoint(TRUNCATE)`,
    );
    owner.close();
    const before = readFileSync(file);
    const store = sqliteStore({ file });
    await expect(store.epoch()).rejects.toMatchObject({ code: 'version' });
    await expect(store.transact('s', async () => undefined)).rejects.toMatchObject({ code: 'version' });
    await store.close();
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('says so when the file is no database, and does not touch it', async () => {
    const file = freshFile();
    writeFileSync(file, 'this is a letter, not a database. '.repeat(50));
    const store = sqliteStore({ file });
    await expect(store.epoch()).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(readFileSync(file, 'utf8')).toContain('a letter');
    await store.close();
  });

  it('waits for another process that writes, but not for ever', async () => {
    const file = freshFile();
    const store = sqliteStore({ file, busyTimeoutMs: 20 });
    await store.epoch();
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.transact('s', async () => undefined)).rejects.toMatchObject({
      code: 'storage-blocked',
    });
    expect(await store.bounds('s')).toEqual({ head: 0, horizon: 0 });
    const patient = sqliteStore({ file });
    const waiting = patient.transact('s', (transaction) => transaction.seq());
    setTimeout(() => other.exec('COMMIT'), 30);
    expect(await waiting).toBe(1);
    other.close();
    await Promise.all([store.close(), patient.close()]);
  });

  it('can be tried again after it could not be opened', async () => {
    const file = freshFile();
    writeFileSync(file, 'no database yet '.repeat(50));
    const store = sqliteStore({ file });
    await expect(store.epoch()).rejects.toMatchObject({ code: 'storage-corrupt' });
    rmSync(file);
    expect(await store.epoch()).not.toBe('');
    await store.close();
  });
});
