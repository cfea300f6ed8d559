import { createMemoryStore, memoryDevice, memoryStorage } from 'syncline/storage/memory';
import { logDeviceCases, storageCases } from 'syncline/testing';
import { describe, test } from 'vitest';

describe('memoryStorage', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const store = createMemoryStore();
    await run(() => memoryStorage({ store }));
  });
});

describe('memoryDevice', () => {
  test.each(logDeviceCases)('$name', async ({ run }) => {
    const store = createMemoryStore();
    await run(() => memoryDevice(store));
  });
});
