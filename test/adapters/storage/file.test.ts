import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileDevice, fileStorage } from 'syncline/storage/file';
import { logDamageCases, logDeviceCases, storageCases } from 'syncline/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { fileMedium } from './media.js';

let folder = '';
let files = 0;
const freshFile = () => join(folder, `${files++}.log`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('fileStorage', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const file = freshFile();
    await run(() => fileStorage({ file }));
  });
});

describe('fileDevice', () => {
  test.each(logDeviceCases)('$name', async ({ run }) => {
    const file = freshFile();
    await run(() => fileDevice({ file }));
  });

  test.each(logDamageCases)('$name', async ({ run }) => {
    const file = freshFile();
    await run({ create: () => fileDevice({ file }), medium: fileMedium(file) });
  });
});
