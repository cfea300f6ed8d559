import Database from 'libsql';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileStorage } from 'syncline/storage/file';
import { memoryStorage } from 'syncline/storage/memory';
import { sqliteStorage } from 'syncline/storage/sqlite';
import type { Task } from '../records.js';
import { storeOver } from './adapter.js';
import type { Pair, Store } from './duel.js';

/** The storages that run in Node, each with what it stands on; files go into the folder. */
export function nodePairs(folder: string): Readonly<Record<string, Pair>> {
  return {
    memory: { raw: rawMemory, ours: () => storeOver(memoryStorage()) },
    file: {
      raw: (name) => rawFile(join(folder, `${name}.txt`)),
      ours: (name) => storeOver(fileStorage({ file: join(folder, `${name}.log`) })),
    },
    sqlite: {
      raw: (name) => rawSqlite(join(folder, `${name}-raw.db`)),
      ours: (name) =>
        storeOver(sqliteStorage({ database: () => new Database(join(folder, `${name}.db`)), pollMs: 0 })),
    },
  };
}

/** A `Map` of texts. */
async function rawMemory(): Promise<Store> {
  const texts = new Map<string, string>();
  const put = (task: Task) => void texts.set(task.id, JSON.stringify(task));
  return {
    put: async (task) => put(task),
    putAll: async (tasks) => tasks.forEach(put),
    all: async () => [...texts.keys()].sort().map((id) => JSON.parse(texts.get(id)!) as Task),
    dispose: async () => texts.clear(),
  };
}

/** A line at the end of a file, and `fdatasync`; read back line by line. */
async function rawFile(file: string): Promise<Store> {
  const handle = await open(file, 'a');
  const add = async (tasks: readonly Task[]) => {
    await handle.write(tasks.map((task) => `${JSON.stringify(task)}\n`).join(''));
    await handle.datasync();
  };
  return {
    put: (task) => add([task]),
    putAll: add,
    all: async () =>
      (await readFile(file, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Task),
    async dispose() {
      await handle.close();
      await rm(file);
    },
  };
}

/** A table with one index, as durable as the storage is. */
async function rawSqlite(file: string): Promise<Store> {
  const database = new Database(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE tasks (id TEXT PRIMARY KEY, project TEXT, value TEXT)');
  database.exec('CREATE INDEX by_project ON tasks (project)');
  const insert = database.prepare('INSERT OR REPLACE INTO tasks VALUES (?, ?, ?)');
  const all = database.prepare('SELECT value FROM tasks ORDER BY id');
  const put = (task: Task) => void insert.run(task.id, task.project, JSON.stringify(task));
  return {
    put: async (task) => put(task),
    async putAll(tasks) {
      database.exec('BEGIN');
      tasks.forEach(put);
      database.exec('COMMIT');
    },
    all: async () => (all.all() as { value: string }[]).map(({ value }) => JSON.parse(value) as Task),
    dispose: async () => void database.close(),
  };
}
