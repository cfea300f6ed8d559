import { encryptedStorage } from 'syncline/storage/encrypted';
import { idbDevice, idbStorage } from 'syncline/storage/idb';
import { logDamageCases, logDeviceCases, storageCases } from 'syncline/testing';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import { placeCases } from '../adapters/storage/log-places.js';
import { idbMedium } from '../adapters/storage/media.js';

const layout = { notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } };
const used = new Set<string>();

function freshName(): string {
  const name = crypto.randomUUID();
  used.add(name);
  return name;
}

/** The platform's own connection to the database, which does as it is told and no more. */
function rawOpen(name: string, version?: number): Promise<IDBDatabase> {
  return promised(indexedDB.open(name, version));
}

function promised<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no reason given'));
  });
}

afterEach(async () => {
  for (const name of used) await promised(indexedDB.deleteDatabase(name));
  used.clear();
  localStorage.clear();
});

describe('idbStorage in a browser', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const name = freshName();
    await run(() => idbStorage({ name }));
  });
});

describe('encryptedStorage over IndexedDB in a browser', () => {
  const key = new Uint8Array(32).fill(1);

  test.each(storageCases)('$name', async ({ run }) => {
    const name = freshName();
    await run(() => encryptedStorage(idbStorage({ name }), { key }));
  });

  it('opens with its passphrase only, and changes it', async () => {
    const name = freshName();
    const sealed = (passphrase: string) => encryptedStorage(idbStorage({ name }), { passphrase });
    const storage = sealed('before');
    await storage.open(layout);
    await storage.commit([{ table: 'notes', id: 'a', value: { due: 1, text: 'kept' } }]);
    await storage.rotate({ passphrase: 'after' });
    await storage.close();
    await expect(sealed('before').open(layout)).rejects.toMatchObject({ code: 'storage-blocked' });
    const again = sealed('after');
    await again.open(layout);
    expect(await again.get('notes', ['a'])).toMatchObject([{ value: { text: 'kept' } }]);
    await again.close();
  });
});

describe('idbDevice in a browser', () => {
  test.each(logDeviceCases)('$name', async ({ run }) => {
    const name = freshName();
    await run(() => idbDevice({ name }));
  });

  test.each(logDeviceCases)('strictly durable: $name', async ({ run }) => {
    const name = freshName();
    await run(() => idbDevice({ name, durability: 'strict' }));
  });

  test.each(logDamageCases)('$name', async ({ run }) => {
    const name = freshName();
    await run({ create: () => idbDevice({ name }), medium: idbMedium(name) });
  });

  test.each(placeCases)('$name', ({ run }) => run(freshName()));
});

describe('two connections', () => {
  it('that write at once are serial, and follow each other by the doorbell', async () => {
    const name = freshName();
    const storages = [idbStorage({ name }), idbStorage({ name })];
    const changed = vi.fn();
    await storages[0]?.open(layout, { changed });
    await storages[1]?.open(layout);
    const commits = storages.flatMap((storage, who) =>
      Array.from({ length: 100 }, async (_, at) => {
        await new Promise((resolve) => setTimeout(resolve, at % 7));
        return storage.commit([{ table: 'notes', id: `${who}-${at}`, value: { due: at } }]);
      }),
    );
    const revisions = (await Promise.all(commits)).map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(200);
    await expect.poll(() => storages[0]?.scan('notes')).toHaveLength(200);
    expect(changed).toHaveBeenCalled();
    for (const storage of storages) await storage.close();
  });
});

describe('a connection that another one needs closed', () => {
  it('closes, says so, and lets the upgrade through', async () => {
    const name = freshName();
    const storage = idbStorage({ name });
    const closed = vi.fn();
    await storage.open(layout, { closed });
    const commit = storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    const newer = await rawOpen(name, 2);
    await commit;
    expect(closed.mock.calls).toEqual([['another tab upgrades the database']]);
    await expect(storage.get('notes', ['a'])).rejects.toMatchObject({ code: 'storage-closed' });
    await expect(idbStorage({ name }).open(layout)).rejects.toMatchObject({ code: 'version' });
    newer.close();
  });

  it('and does not: open fails with storage-blocked in time', async () => {
    const name = freshName();
    await idbStorage({ name }).open(layout);
    const stubborn = await rawOpen(name);
    const deleting = promised(indexedDB.deleteDatabase(name));
    await expect(idbStorage({ name, limitMs: 200 }).open(layout)).rejects.toMatchObject({
      code: 'storage-blocked',
    });
    stubborn.close();
    await deleting;
  });
});

describe('a database deleted behind the back of its storage', () => {
  it('is reported when it is opened again', async () => {
    const name = freshName();
    const storage = idbStorage({ name });
    await storage.open(layout);
    await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await storage.close();
    await promised(indexedDB.deleteDatabase(name));
    const lost = vi.fn();
    const again = idbStorage({ name });
    await again.open(layout, { lost });
    expect(lost).toHaveBeenCalledTimes(1);
    expect(await again.scan('notes')).toEqual([]);
    await again.close();
  });
});

describe('a full disk', () => {
  it('rejects with storage-quota, keeps what is there, and takes small commits again later', async () => {
    // Chromium remembers for 30 s how much room there was, until the origin is cleared.
    await browser('Storage.clearDataForOrigin', { storageTypes: 'all' });
    await browser('Storage.overrideQuotaForOrigin', { quotaSize: 1024 * 1024 });
    const storage = idbStorage({ name: freshName() });
    try {
      await storage.open(layout);
      await storage.commit([{ table: 'notes', id: 'before', value: 1 }]);
      const large = storage.commit([{ table: 'notes', id: 'large', value: noise(8 * 1024 * 1024) }]);
      await expect(large).rejects.toMatchObject({ code: 'storage-quota' });
      expect((await storage.scan('notes')).map(({ id }) => id)).toEqual(['before']);
    } finally {
      await browser('Storage.overrideQuotaForOrigin', {});
    }
    await storage.commit([{ table: 'notes', id: 'after', value: 1 }]);
    expect((await storage.scan('notes')).map(({ id }) => id)).toEqual(['after', 'before']);
    await storage.close();
  });
});

describe('a database that the browser clears while it is open', () => {
  it('is reported; nothing is written into the empty one, and reads go on', async () => {
    const name = freshName();
    const storage = idbStorage({ name });
    const lost = vi.fn();
    await storage.open(layout, { lost });
    await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await browser('Storage.clearDataForOrigin', { storageTypes: 'indexeddb' });
    const commit = storage.commit([{ table: 'notes', id: 'b', value: 1 }]);
    await expect(commit).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(lost).toHaveBeenCalledTimes(1);
    expect((await storage.scan('notes')).map(({ id }) => id)).toEqual(['a']);
    await storage.close();
  });
});

/** A command of the Chrome DevTools Protocol, about this page's origin. */
function browser(method: string, parameters: object): Promise<unknown> {
  const session = cdp() as unknown as { send(method: string, parameters: object): Promise<unknown> };
  return session.send(method, { origin: location.origin, ...parameters });
}

/** Text that does not compress. */
function noise(length: number): string {
  const bytes = new Uint8Array(65_536);
  let text = '';
  while (text.length < length)
    text += Array.from(crypto.getRandomValues(bytes), (byte) => String.fromCharCode(40 + (byte & 63))).join(
      '',
    );
  return text;
}

describe('a large store', () => {
  it('is compacted in the background and read back', async () => {
    const name = freshName();
    const storage = idbStorage({ name, compactAfter: 20 });
    await storage.open(layout);
    const rows = Array.from({ length: 10_000 }, (_, at) => ({
      table: 'notes',
      id: `n${at}`,
      value: { due: at, text: 'ä'.repeat(100) },
    }));
    await storage.commit(rows);
    for (let at = 0; at < 200; at++)
      await storage.commit([{ table: 'notes', id: `n${at}`, value: { due: -1 - at } }]);
    await expect.poll(() => chunkCount(name)).toBeGreaterThanOrEqual(10);
    const before = await storage.scan('notes', { index: 'due', limit: 300 });
    await storage.close();
    const again = idbStorage({ name });
    const lost = vi.fn();
    await again.open(layout, { lost });
    expect(await again.scan('notes', { index: 'due', limit: 300 })).toEqual(before);
    expect(await again.scan('notes')).toHaveLength(10_000);
    expect(lost).not.toHaveBeenCalled();
    await again.close();
  });
});

async function chunkCount(name: string): Promise<number> {
  const db = await rawOpen(name);
  const count = await promised(db.transaction('chunks').objectStore('chunks').count());
  db.close();
  return count;
}
