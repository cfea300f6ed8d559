import { localStorageDevice, localStorageStorage } from 'syncline/storage/local-storage';
import { logDamageCases, logDeviceCases, storageCases } from 'syncline/testing';
import { describe, test } from 'vitest';
import { tabLocks, textArea } from './local-storage-world.js';
import { areaMedium } from './media.js';

describe('localStorageStorage', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const area = textArea();
    await run(() => localStorageStorage({ name: 'kit', area }));
  });
});

describe('localStorageDevice', () => {
  test.each(logDeviceCases)('$name', async ({ run }) => {
    const area = textArea();
    await run(() => localStorageDevice({ name: 'kit', area }));
  });

  test.each(logDeviceCases)('with locks: $name', async ({ run }) => {
    const options = { name: 'kit', area: textArea(), locks: tabLocks() };
    await run(() => localStorageDevice(options));
  });

  test.each(logDamageCases)('$name', async ({ run }) => {
    const area = textArea();
    await run({ create: () => localStorageDevice({ name: 'kit', area }), medium: areaMedium(area, 'kit') });
  });
});
