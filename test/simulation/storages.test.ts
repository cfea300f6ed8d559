import 'fake-indexeddb/auto';
import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encryptedStorage } from 'syncline/storage/encrypted';
import { fileStorage } from 'syncline/storage/file';
import { idbStorage } from 'syncline/storage/idb';
import { idbRowsStorage } from 'syncline/storage/idb-rows';
import { localStorageStorage } from 'syncline/storage/local-storage';
import { createMemoryStore, memoryStorage, type MemoryStore } from 'syncline/storage/memory';
import { sqliteStorage } from 'syncline/storage/sqlite';
import { simulateMany, timelineText, type StorageFactory } from 'syncline/testing';
import { afterAll, expect, test } from 'vitest';
import { tabLocks, textArea } from '../adapters/storage/local-storage-world.js';
import { catalogue as entities, invariants } from './support/catalogue.js';

const folder = mkdtempSync(join(tmpdir(), 'syncline-simulation-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the tabs of one device share, by the device's name. */
function shared<T>(make: () => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name) ?? make();
    made.set(name, known);
    return known;
  };
}

const memoryOf = shared<MemoryStore>(createMemoryStore);
const browserOf = shared(() => ({ area: textArea(), locks: tabLocks() }));

/** Every storage there is. A new one is one more line here. */
const storages: Readonly<Record<string, StorageFactory>> = {
  memory: ({ name, runtime }) => memoryStorage({ store: memoryOf(name), runtime, compactAfter: 40 }),
  idb: ({ name, runtime }) => idbStorage({ name: `log ${name}`, runtime }),
  'idb-rows': ({ name, runtime }) => idbRowsStorage({ name: `rows ${name}`, runtime }),
  'local-storage': ({ name, runtime }) => localStorageStorage({ name, runtime, ...browserOf(name) }),
  file: ({ name }) => fileStorage({ file: join(folder, `${name}.log`), compactAfter: 40 }),
  sqlite: ({ name, runtime }) =>
    sqliteStorage({
      database: () => new Database(join(folder, `${name}.db`)),
      synchronous: 'normal',
      runtime,
    }),
  encrypted: ({ name, runtime }) =>
    encryptedStorage(memoryStorage({ store: memoryOf(`sealed ${name}`), runtime }), {
      key: new Uint8Array(32),
    }),
};

/** Enough that every kind of fault around a commit strikes. */
const runs = 20;
const aroundCommits = [
  'stop-before-commit',
  'stop-after-commit',
  'device-stop-after-commit',
  'commit-unknown',
  'quota',
  'stop-at-reading',
  'tab-killed',
  'device-killed',
  'disk-slow',
] as const;

test.each(Object.entries(storages))('%s holds the histories that memory holds', async (_, storage) => {
  const faults = [
    ...aroundCommits,
    'partition',
    'answer-lost',
    'server-down',
    'server-stop-after-commit',
  ] as const;
  const sweep = await simulateMany({ entities, invariants, storage, faults, seed: 1, runs, steps: 100 });
  expect(sweep.failures.map(timelineText)).toEqual([]);
  expect(sweep.runs).toBe(runs);
  for (const fault of aroundCommits) expect([fault, sweep.faults.get(fault)]).not.toEqual([fault, 0]);
});
