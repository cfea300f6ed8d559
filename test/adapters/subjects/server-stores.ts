import Database from 'libsql';
import { memoryStore } from 'syncline/server-store/memory';
import { sqliteStore } from 'syncline/server-store/sqlite';
import { lastingServerStoreCases, serverStoreCases } from 'syncline/testing';
import { withFile } from './folder.js';
import { strict } from './strict-driver.js';
import { subject } from './subject.js';

export const memoryServerStore = subject('server-store', 'memoryStore', serverStoreCases, (run) =>
  run(() => memoryStore()),
);

export const sqliteServerStores = [
  subject('server-store', 'sqliteStore', [...serverStoreCases, ...lastingServerStoreCases], (run) =>
    withFile((file) => run(() => sqliteStore({ file }))),
  ),
  subject('server-store', 'sqliteStore, in memory', serverStoreCases, (run) =>
    run(() => sqliteStore({ file: ':memory:', synchronous: 'normal' })),
  ),
  subject('server-store', 'sqliteStore, over a strict driver', serverStoreCases, (run) =>
    run(() => sqliteStore({ database: strict(new Database(':memory:')) })),
  ),
];
