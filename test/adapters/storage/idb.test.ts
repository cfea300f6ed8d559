import 'fake-indexeddb/auto';
import { idbDevice, idbStorage } from 'syncline/storage/idb';
import { logDamageCases, logDeviceCases, storageCases } from 'syncline/testing';
import { describe, test } from 'vitest';
import { idbMedium } from './media.js';

let names = 0;
const freshName = () => `database ${names++}`;

describe('idbStorage', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const name = freshName();
    await run(() => idbStorage({ name }));
  });
});

describe('idbDevice', () => {
  test.each(logDeviceCases)('$name', async ({ run }) => {
    const name = freshName();
    await run(() => idbDevice({ name }));
  });

  test.each(logDamageCases)('$name', async ({ run }) => {
    const name = freshName();
    await run({ create: () => idbDevice({ name }), medium: idbMedium(name) });
  });
});
