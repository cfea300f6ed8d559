import 'fake-indexeddb/auto';
import { encryptedStorage } from 'syncline/storage/encrypted';
import { idbStorage } from 'syncline/storage/idb';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { storageCases } from 'syncline/testing';
import { describe, test } from 'vitest';

const key = crypto.getRandomValues(new Uint8Array(32));
let names = 0;

describe('encryptedStorage over memory', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const store = createMemoryStore();
    await run(() => encryptedStorage(memoryStorage({ store }), { key }));
  });
});

describe('encryptedStorage over IndexedDB', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const name = `encrypted ${names++}`;
    await run(() => encryptedStorage(idbStorage({ name }), { key }));
  });
});
