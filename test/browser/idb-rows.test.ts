import { idbRowsStorage } from 'syncline/storage/idb-rows';
import { storageCases } from 'syncline/testing';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { cdp } from 'vitest/browser';

const layout = { notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } };
const used = new Set<string>();

function freshName(): string {
  const name = crypto.randomUUID();
  used.add(name);
  return name;
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

describe('idbRowsStorage in a browser', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const name = freshName();
    await run(() => idbRowsStorage({ name }));
  });

  it('keeps its order while two connections write at once, and each hears of the other', async () => {
    const name = freshName();
    const storages = [idbRowsStorage({ name }), idbRowsStorage({ name, durability: 'strict' })];
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
    const named = () =>
      new Set(changed.mock.calls.flatMap(([rows]) => rows.map(({ id }: { id: string }) => id)));
    await expect.poll(() => named().size).toBe(100);
    expect([...named()].every((id) => id.startsWith('1-'))).toBe(true);
    for (const storage of storages) await storage.close();
  });

  it('grows with its layout, and the rows come along', async () => {
    const name = freshName();
    const old = idbRowsStorage({ name });
    const closed = vi.fn();
    await old.open(layout, { closed });
    const rows = Array.from({ length: 1_000 }, (_, at) => ({
      table: 'notes',
      id: `n${at}`,
      value: { due: at, title: `t${at % 10}` },
    }));
    await old.commit(rows);
    const grown = idbRowsStorage({ name });
    await grown.open({ notes: { indexes: { due: '/due', title: '/title' } }, tags: { indexes: {} } });
    expect(closed).toHaveBeenCalledTimes(1);
    const found = await grown.scan('notes', { index: 'title', range: { lower: 't3', upper: 't3' } });
    expect(found).toHaveLength(100);
    await grown.close();
  });

  it('rejects with storage-quota on a full disk, keeps what is there, and takes small commits later', async () => {
    // Chromium remembers for 30 s how much room there was, until the origin is cleared.
    await browser('Storage.clearDataForOrigin', { storageTypes: 'all' });
    await browser('Storage.overrideQuotaForOrigin', { quotaSize: 1024 * 1024 });
    const storage = idbRowsStorage({ name: freshName() });
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

  it('is told of a database that the browser clears while it is open; nothing is written into the empty one', async () => {
    const storage = idbRowsStorage({ name: freshName() });
    const lost = vi.fn();
    await storage.open(layout, { lost });
    await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await browser('Storage.clearDataForOrigin', { storageTypes: 'indexeddb' });
    const commit = storage.commit([{ table: 'notes', id: 'b', value: 1 }]);
    await expect(commit).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(lost).toHaveBeenCalledTimes(1);
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
