import Database from 'libsql';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageLayout } from 'syncline';
import { sqliteStore } from 'syncline/server-store/sqlite';
import {
  salvageRows,
  sqliteStorage,
  type SqliteStatement,
  type SqliteStorageOptions,
} from 'syncline/storage/sqlite';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { strict } from '../subjects/strict-driver.js';

const folder = mkdtempSync(join(tmpdir(), 'syncline-sqlite-faults-'));
let files = 0;
const layout: StorageLayout = { notes: { indexes: { '/due': '/due' } }, outbox: { indexes: {} } };

afterAll(() => rmSync(folder, { recursive: true }));

function world(options: Partial<SqliteStorageOptions> = {}) {
  const file = join(folder, `${files++}.db`);
  const signals = { changed: vi.fn(), lost: vi.fn(), closed: vi.fn() };
  const create = (more: Partial<SqliteStorageOptions> = {}) =>
    sqliteStorage({ database: () => new Database(file), pollMs: 0, ...options, ...more });
  const open = async (wanted = layout, more: Partial<SqliteStorageOptions> = {}) => {
    const storage = create(more);
    await storage.open(wanted, signals);
    return storage;
  };
  /** The file as somebody else sees it, or harms it. */
  const beside = <T>(work: (database: InstanceType<typeof Database>) => T): T => {
    const database = new Database(file);
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  return { file, signals, create, open, beside };
}

/** Everything that is in the file, and in the log beside it. */
function bytesOf(file: string): string[] {
  return [file, `${file}-wal`].map((path) => (existsSync(path) ? readFileSync(path).toString('base64') : ''));
}

describe('the file', () => {
  it('has tables that plain SQL can read: a row for each record, with its indexed fields in columns', async () => {
    const { open, beside } = world();
    const storage = await open();
    await storage.commit([
      { table: 'notes', id: 'a', value: { due: 3, text: 'tea' } },
      { table: 'notes', id: 'b', value: { due: 'late', text: '😀' } },
      { table: 'notes', id: 'c～', value: { text: 'no due' } },
    ]);
    const read = beside((database) =>
      database.prepare(`SELECT id, revision, "/due" AS due, value ->> '$.text' AS text FROM notes`).all(),
    );
    expect(read).toEqual([
      { id: 'a', revision: 2, due: 3, text: 'tea' },
      { id: 'b', revision: 2, due: 'late', text: '😀' },
      { id: `c${String.fromCodePoint(0x10ff5e)}`, revision: 2, due: null, text: 'no due' },
    ]);
    const plan = beside((database) =>
      database.prepare('EXPLAIN QUERY PLAN SELECT id FROM notes WHERE "/due" >= 1 ORDER BY "/due", id').all(),
    );
    expect(plan).toMatchObject([{ detail: expect.stringContaining('USING COVERING INDEX') }]);
    await storage.close();
  });

  it('tells names apart that SQL does not: capitals, its own, those that are SQL', async () => {
    const names = ['Task', 'task', '^task', 'sqlite_x', 'syncline', 'a "b"', '', 'select', 'id'];
    const indexes = { id: '/a', ID: '/b', value: '/c', 'x"y': '/d' };
    const { open } = world();
    const storage = await open(Object.fromEntries(names.map((name) => [name, { indexes }])));
    for (const [at, table] of names.entries())
      await storage.commit([{ table, id: table, value: { a: at, b: -at, c: 'x', d: 1 } }]);
    for (const [at, table] of names.entries()) {
      for (const [index, key] of Object.entries({ id: at, ID: -at, value: 'x', 'x"y': 1 })) {
        const rows = await storage.scan(table, { index, range: { lower: key, upper: key } });
        expect(rows.map(({ id }) => id)).toEqual([table]);
      }
    }
    await storage.close();
  });

  it('is written with full durability unless it is told otherwise', async () => {
    const settings = async (options: Partial<SqliteStorageOptions>) => {
      let database: InstanceType<typeof Database> | undefined;
      const { open, file } = world();
      const storage = await open(layout, { ...options, database: () => (database = new Database(file)) });
      const found = ['synchronous', 'journal_mode'].map((name) => database?.prepare(`PRAGMA ${name}`).get());
      await storage.close();
      return found;
    };
    expect(await settings({})).toMatchObject([{ synchronous: 2 }, { journal_mode: 'wal' }]);
    expect(await settings({ synchronous: 'normal' })).toMatchObject([{ synchronous: 1 }, {}]);
  });
});

describe('another connection', () => {
  it('that writes is waited for, but not for ever, and reads go on', async () => {
    const { open, file } = world({ busyTimeoutMs: 20 });
    const storage = await open();
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const write = { table: 'notes', id: 'a', value: 1 };
    await expect(storage.commit([write])).rejects.toMatchObject({ code: 'storage-blocked' });
    expect(await storage.scan('notes')).toEqual([]);
    const patient = open(layout, { busyTimeoutMs: 5_000 });
    setTimeout(() => other.exec('COMMIT'), 30);
    expect(await (await patient).commit([write])).toEqual({ revision: 2 });
    await (await patient).close();
    other.close();
    await storage.close();
  });

  it('is heard of without a commit of one’s own', async () => {
    const { open, signals } = world();
    const watching = await open(layout, { pollMs: 5 });
    const writing = await open();
    await writing.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await expect.poll(() => signals.changed.mock.calls).toEqual([[[{ table: 'notes', id: 'a' }]]]);
    await watching.close();
    await writing.close();
  });

  it('that adds an index has it kept up by those that were open before', async () => {
    const { open } = world();
    const old = await open();
    const grown = await open({ notes: { indexes: { '/title': '/title' } }, tags: { indexes: {} } });
    await old.commit([{ table: 'notes', id: 'a', value: { due: 1, title: 'tea' } }]);
    expect(await grown.scan('notes', { index: '/title' })).toMatchObject([{ id: 'a' }]);
    await expect(old.scan('tags')).rejects.toMatchObject({ code: 'validation' });
    await old.close();
    await grown.close();
  });

  it('that makes an index read another place computes it anew', async () => {
    const { open } = world();
    const first = await open();
    const rows = Array.from({ length: 1_200 }, (_, at) => ({
      table: 'notes',
      id: `n${at}`,
      value: { due: at, at: -at },
    }));
    await first.commit(rows);
    await first.close();
    const moved = await open({ notes: { indexes: { '/due': '/at' } } });
    const found = await moved.scan('notes', { index: '/due', range: { upper: -1_198 } });
    expect(found.map(({ id }) => id)).toEqual(['n1199', 'n1198']);
    await moved.close();
  });

  it('that wrote more than is kept for followers closes those that are behind, and says so', async () => {
    const { open, signals } = world();
    const behind = await open();
    const writing = await open();
    const id = 'x'.repeat(400_000);
    for (let at = 0; at < 70; at++) await writing.commit([{ table: 'outbox', id: `${id}${at}`, value: 1 }]);
    const size = () => writing.commit([]).then(({ revision }) => revision);
    expect(await size()).toBe(71);
    for (let at = 0; at < 64; at++) await writing.commit([{ table: 'outbox', id: 'small', value: at }]);
    const commit = behind.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await expect(commit).rejects.toMatchObject({ code: 'storage-closed' });
    expect(signals.closed).toHaveBeenCalledTimes(1);
    await expect(behind.scan('notes')).rejects.toMatchObject({ code: 'storage-closed' });
    expect(await writing.scan('notes')).toEqual([]);
    await writing.close();
  });

  it('that puts an older copy of the file in its place is found out, and nothing is written over it', async () => {
    const { open, file, signals, beside } = world();
    const storage = await open();
    await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await storage.commit([{ table: 'notes', id: 'b', value: 1 }]);
    beside((database) => database.exec('DELETE FROM notes; DELETE FROM syncline_commits WHERE revision > 1'));
    const commit = storage.commit([{ table: 'notes', id: 'c', value: 1 }]);
    await expect(commit).rejects.toMatchObject({ code: 'storage-corrupt' });
    await expect(storage.commit([])).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(signals.lost).toHaveBeenCalledTimes(1);
    expect(await storage.scan('notes')).toEqual([]);
    expect(existsSync(file)).toBe(true);
    await storage.close();
  });
});

describe('a store that another connection removes', () => {
  it('is closed, and told once, though nothing has taken its place', async () => {
    const { open, create, signals } = world();
    const storage = await open();
    await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await create().destroy();
    const calls = [
      storage.commit([{ table: 'notes', id: 'b', value: 1 }]),
      storage.scan('notes'),
      storage.get('notes', ['a']),
    ];
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'storage-closed' } });
    expect(signals.closed.mock.calls).toEqual([['another connection removed the store']]);
    await storage.close();
  });

  it('is told from the one that takes its place, however far that one has come', async () => {
    const { open, create, signals } = world();
    const storage = await open();
    const { revision } = await storage.commit([{ table: 'notes', id: 'a', value: 'old' }]);
    await create().destroy();
    const next = await open();
    await next.commit([{ table: 'notes', id: 'a', value: 'new' }]);
    await next.commit([{ table: 'notes', id: 'b', value: 'new' }]);
    const late = storage.commit([{ table: 'notes', id: 'a', value: 'late', ifRevision: revision }]);
    await expect(late).rejects.toMatchObject({ code: 'storage-closed' });
    expect(signals.closed.mock.calls).toEqual([['another connection removed the store']]);
    expect(await next.get('notes', ['a'])).toMatchObject([{ value: 'new' }]);
    await next.close();
    await storage.close();
  });
});

describe('a full disk', () => {
  it('rejects with storage-quota, stores nothing of the commit, and takes a small one', async () => {
    const { open, file } = world();
    let database: InstanceType<typeof Database> | undefined;
    const storage = await open(layout, { database: () => (database = new Database(file)) });
    const { page_count: pages } = database?.prepare('PRAGMA page_count').get() as { page_count: number };
    database?.exec(`PRAGMA max_page_count = ${pages + 4}`);
    const large = storage.commit([
      { table: 'notes', id: 'a', value: 1 },
      { table: 'outbox', id: 'large', value: 'x'.repeat(100_000) },
    ]);
    await expect(large).rejects.toMatchObject({ code: 'storage-quota' });
    expect(await storage.scan('notes')).toEqual([]);
    await storage.commit([{ table: 'notes', id: 'b', value: 1 }]);
    expect(await storage.scan('notes')).toHaveLength(1);
    await storage.close();
  });
});

describe('a file', () => {
  it.each([
    [
      'a letter',
      async (file: string) => writeFileSync(file, 'this is a letter, not a database. '.repeat(200)),
    ],
    [
      'a database of another application',
      async (file: string) => {
        const database = new Database(file);
        database.exec('CREATE TABLE invoices (id, total); INSERT INTO invoices VALUES (1, 99)');
        database.close();
      },
    ],
    [
      'the store of a server',
      async (file: string) => {
        const store = sqliteStore({ file });
        await store.epoch();
        await store.close();
      },
    ],
  ])('that is %s is refused, and not touched, not even by destroy', async (_what, make) => {
    const { file, open, create } = world();
    await make(file);
    const before = bytesOf(file);
    await expect(open()).rejects.toMatchObject({ code: 'storage-corrupt' });
    await expect(create().destroy()).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(bytesOf(file)).toEqual(before);
  });

  it('that a newer release wrote is refused, and not touched', async () => {
    const { file, open, beside } = world();
    await (await open()).close();
    beside((database) =>
      database.exec(`UPDATE syncline SET value = '2' WHERE key = 'format'; PRAGMA wal_checkpoint(TRUNCATE)`),
    );
    const before = bytesOf(file);
    await expect(open({ ...layout, more: { indexes: {} } })).rejects.toMatchObject({ code: 'version' });
    expect(bytesOf(file)).toEqual(before);
  });

  it('that cannot be opened is storage-blocked', async () => {
    const storage = sqliteStorage({ database: () => new Database(join(folder, 'no such folder', 'a.db')) });
    await expect(storage.open(layout)).rejects.toMatchObject({ code: 'storage-blocked' });
  });

  it('that was cut off is refused and not touched, and what can be read of it can be salvaged', async () => {
    const { file, open } = world();
    const storage = await open();
    const rows = Array.from({ length: 2_000 }, (_, at) => ({
      table: at % 2 === 0 ? 'notes' : 'outbox',
      id: `n${String(at).padStart(5, '0')}`,
      value: { due: at, text: 'x'.repeat(100) },
    }));
    await storage.commit(rows);
    await storage.close();
    const cut = `${file}.cut`;
    copyFileSync(file, cut);
    truncateSync(cut, statSync(file).size - 20 * 4096);
    const before = bytesOf(cut);
    await expect(open(layout, { database: () => new Database(cut) })).rejects.toMatchObject({
      code: 'storage-corrupt',
    });
    expect(bytesOf(cut)).toEqual(before);
    const { rows: salvaged, damaged } = await salvageRows(() => salvaging(cut));
    expect(damaged.length).toBeGreaterThan(0);
    expect(salvaged.length).toBeGreaterThan(100);
    const written = new Map(rows.map((row) => [`${row.table}/${row.id}`, JSON.stringify(row.value)]));
    for (const { table, id, text } of salvaged.filter(({ table }) => table !== '$quarantine'))
      expect(text).toBe(written.get(`${table}/${id}`));
    expect(bytesOf(cut)).toEqual(before);
  });

  it('that somebody has tidied up is shorter, and sound', async () => {
    const { open, beside } = world();
    const storage = await open();
    await storage.commit([{ table: 'outbox', id: 'large', value: 'x'.repeat(100_000) }]);
    await storage.commit([{ table: 'outbox', id: 'large' }]);
    await storage.close();
    beside((database) => database.exec('VACUUM'));
    const again = await open();
    expect(await again.commit([{ table: 'notes', id: 'a', value: 1 }])).toEqual({ revision: 4 });
    await again.close();
  });

  it('that is whole is salvaged whole', async () => {
    const { file, open } = world();
    const storage = await open();
    await storage.commit(['', 'a', '～', '😀'].map((id) => ({ table: 'notes', id, value: { due: id } })));
    await storage.close();
    const { rows, damaged } = await salvageRows(() => strict(new Database(file)));
    expect(damaged).toEqual([]);
    expect(rows.map(({ id }) => id)).toEqual(['', 'a', '～', '😀']);
  });
});

describe('a row whose text was damaged', () => {
  it('is moved to the quarantine as it is, and told once; all others are read', async () => {
    const { open, beside, signals } = world();
    const storage = await open();
    await storage.commit(['a', 'b', 'c'].map((id) => ({ table: 'notes', id, value: { due: 1 } })));
    beside((database) => database.exec(`UPDATE notes SET value = '{"due":1,"te' WHERE id = 'b'`));
    expect((await storage.scan('notes', { index: '/due' })).map(({ id }) => id)).toEqual(['a', 'c']);
    expect(signals.lost.mock.calls).toEqual([[{ reason: 'unreadable: notes/b', quarantined: 1 }]]);
    expect(await storage.scan('$quarantine')).toMatchObject([{ id: 'notes/b', value: '{"due":1,"te' }]);
    expect(await storage.get('notes', ['b', 'a'])).toMatchObject([undefined, { id: 'a' }]);
    await storage.commit([{ table: 'notes', id: 'b', value: { due: 2 }, ifRevision: 0 }]);
    expect(signals.lost).toHaveBeenCalledTimes(1);
    await storage.close();
  });

  it('is left alone when another process has written it anew before the quarantine came to it', async () => {
    const { file, open, beside, signals } = world();
    const before = { BEGIN: () => undefined as unknown };
    const database = () => {
      const connection = new Database(file);
      const prepare = (sql: string) => {
        if (sql.startsWith('BEGIN')) before.BEGIN();
        return connection.prepare(sql);
      };
      return { prepare: (sql: string) => sqliteStatement(prepare, sql), close: () => connection.close() };
    };
    const storage = await open(layout, { database });
    await storage.commit(['a', 'b'].map((id) => ({ table: 'notes', id, value: { due: 1 } })));
    beside((other) => other.exec(`UPDATE notes SET value = '{"due":1,"te' WHERE id = 'b'`));
    before.BEGIN = () => beside((other) => other.exec(`UPDATE notes SET value = '{"due":2}' WHERE id = 'b'`));
    const rows = await storage.scan('notes');
    expect(rows.map(({ value }) => value)).toEqual([{ due: 1 }, { due: 2 }]);
    expect(await storage.get('notes', ['b'])).toMatchObject([{ value: { due: 2 } }]);
    expect(signals.lost).not.toHaveBeenCalled();
    await storage.close();
  });

  it('does not stop a layout from growing', async () => {
    const { open, beside, signals } = world();
    const storage = await open();
    await storage.commit(['a', 'b'].map((id) => ({ table: 'notes', id, value: { due: 1, title: id } })));
    await storage.close();
    beside((database) => database.exec(`UPDATE notes SET value = x'00ff' WHERE id = 'a'`));
    const grown = await open({ notes: { indexes: { '/title': '/title' } } });
    expect((await grown.scan('notes', { index: '/title' })).map(({ id }) => id)).toEqual(['b']);
    expect((await grown.scan('notes')).map(({ id }) => id)).toEqual(['b']);
    expect(signals.lost).toHaveBeenCalledTimes(1);
    await grown.close();
  });
});

/** `better-sqlite3`, which `npm run test:drivers` puts in the place of `libsql`, wants to be told; `libsql` cannot be. */
function salvaging(file: string): Database.Database {
  const database = new Database(file);
  return process.env.SQLITE_DRIVER === undefined ? database : database.unsafeMode();
}

/** Prepared at each call, so that a test can step in. */
function sqliteStatement(prepare: (sql: string) => SqliteStatement, sql: string): SqliteStatement {
  return { run: (...values) => prepare(sql).run(...values), all: (...values) => prepare(sql).all(...values) };
}
