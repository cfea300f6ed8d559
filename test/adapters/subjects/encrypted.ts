import 'fake-indexeddb/auto';
import Database from 'libsql';
import type { StorageAdapter } from 'syncline';
import { encryptedStorage } from 'syncline/storage/encrypted';
import { fileStorage } from 'syncline/storage/file';
import { idbStorage } from 'syncline/storage/idb';
import { idbRowsStorage } from 'syncline/storage/idb-rows';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { sqliteStorage } from 'syncline/storage/sqlite';
import { storageCases } from 'syncline/testing';
import { withFile } from './folder.js';
import { subject } from './subject.js';

const key = new Uint8Array(32).fill(7);
const sealed = (below: () => StorageAdapter) => () => encryptedStorage(below(), { key });

export const encrypted = [
  subject('storage', 'encryptedStorage, over memory', storageCases, (run) => {
    const store = createMemoryStore();
    return run(sealed(() => memoryStorage({ store })));
  }),
  subject('storage', 'encryptedStorage, over IndexedDB', storageCases, (run) => {
    const name = crypto.randomUUID();
    return run(sealed(() => idbStorage({ name })));
  }),
  subject('storage', 'encryptedStorage, over rows in IndexedDB', storageCases, (run) => {
    const name = crypto.randomUUID();
    return run(sealed(() => idbRowsStorage({ name })));
  }),
  subject('storage', 'encryptedStorage, over a file', storageCases, (run) =>
    withFile((file) => run(sealed(() => fileStorage({ file })))),
  ),
  subject('storage', 'encryptedStorage, over SQLite', storageCases, (run) =>
    withFile((file) => run(sealed(() => sqliteStorage({ database: () => new Database(file) })))),
  ),
];
