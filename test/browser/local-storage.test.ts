import { localStorageDevice, localStorageStorage, localStorageUsage } from 'syncline/storage/local-storage';
import { logDamageCases, logDeviceCases, storageCases } from 'syncline/testing';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { areaMedium } from '../adapters/storage/media.js';

const layout = { notes: { indexes: {} } };
const freshName = () => crypto.randomUUID();

afterEach(() => localStorage.clear());

describe('localStorageStorage in a browser', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const name = freshName();
    await run(() => localStorageStorage({ name }));
  });
});

describe('localStorageDevice in a browser', () => {
  test.each(logDeviceCases)('$name', async ({ run }) => {
    const name = freshName();
    await run(() => localStorageDevice({ name }));
  });

  test.each(logDamageCases)('$name', async ({ run }) => {
    const name = freshName();
    await run({ create: () => localStorageDevice({ name }), medium: areaMedium(localStorage, name) });
  });
});

describe('a full localStorage', () => {
  it('rejects with storage-quota past the promised room, changes nothing, and takes writes again', async () => {
    const name = freshName();
    const storage = localStorageStorage({ name });
    await storage.open(layout);
    await storage.commit([{ table: 'notes', id: 'before', value: 1 }]);
    const { limitBytes } = localStorageUsage({ name });
    const half = 'x'.repeat(limitBytes / 4 - 1_000);
    localStorage.setItem('photos', half);
    await storage.commit([{ table: 'notes', id: 'large', value: half }]);
    const used = localStorageUsage({ name });
    expect(used.areaBytes).toBeGreaterThan(limitBytes * 0.99);
    const failing = storage.commit([{ table: 'notes', id: 'too large', value: half + half + half }]);
    await expect(failing).rejects.toMatchObject({ code: 'storage-quota' });
    expect(localStorageUsage({ name })).toEqual(used);
    localStorage.removeItem('photos');
    await storage.commit([{ table: 'notes', id: 'after', value: half }]);
    expect((await storage.scan('notes')).map(({ id }) => id)).toEqual(['after', 'before', 'large']);
    await storage.close();
  });
});

describe('a frame beside the page', () => {
  it('is heard of by the storage event', async () => {
    const name = freshName();
    const frame = document.body.appendChild(document.createElement('iframe'));
    const area = frame.contentWindow?.localStorage;
    const changed = vi.fn();
    const storage = localStorageStorage({ name });
    await storage.open(layout, { changed });
    const beside = localStorageStorage({ name, ...(area === undefined ? {} : { area }) });
    await beside.open(layout);
    await beside.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await expect.poll(() => changed).toHaveBeenCalledWith([{ table: 'notes', id: 'a' }]);
    for (const each of [storage, beside]) await each.close();
    frame.remove();
  });
});
