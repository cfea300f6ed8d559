/* eslint-disable @typescript-eslint/unbound-method -- methods of the platform are replaced, and called with their `this` */
import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import type { Json, StorageLayout } from 'syncline';
import { idbRowsStorage, type IdbOptions } from 'syncline/storage/idb-rows';
import { idbStorage } from 'syncline/storage/idb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hold } from '../subjects/hold.js';
import { idbRows } from '../subjects/idb.js';

let names = 0;
const freshName = () => `rows ${names++}`;
const layout: StorageLayout = { notes: { indexes: { '/due': '/due' } }, outbox: { indexes: {} } };

afterEach(() => {
  vi.restoreAllMocks();
});

hold(...idbRows);

function world(options: Partial<IdbOptions> = {}) {
  const name = freshName();
  const signals = { changed: vi.fn(), lost: vi.fn(), closed: vi.fn() };
  const open = async (wanted = layout) => {
    const storage = idbRowsStorage({ name, ...options });
    await storage.open(wanted, signals);
    return storage;
  };
  return { name, signals, open };
}

function promised<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no reason given'));
  });
}

/** The database as somebody else sees it. */
async function beside<T>(name: string, work: (db: IDBDatabase) => Promise<T>): Promise<T> {
  const db = await promised(indexedDB.open(name));
  try {
    return await work(db);
  } finally {
    db.close();
  }
}

const storesOf = (name: string) => beside(name, async (db) => [...db.objectStoreNames]);
const rowsOf = (name: string, store: string) =>
  beside(name, (db) => promised(db.transaction(store).objectStore(store).getAll()));

describe('what the inspector shows', () => {
  it('is a store for each table, an index for each index, and rows as they are', async () => {
    const { name, open } = world();
    const storage = await open();
    await storage.commit([{ table: 'notes', id: 'a', value: { due: 3, text: 'tea' } }]);
    await storage.close();
    expect(await storesOf(name)).toEqual(['$commits', '$quarantine', '$syncline', 'notes', 'outbox']);
    expect(await rowsOf(name, 'notes')).toMatchObject([
      { id: 'a', revision: 1, value: { due: 3, text: 'tea' } },
    ]);
    const found = await beside(name, (db) =>
      promised(db.transaction('notes').objectStore('notes').index('/due').getAllKeys(3)),
    );
    expect(found).toEqual(['a']);
  });
});

describe('a layout that grows', () => {
  it('is a new version of the database; a tab that has the old one open is closed, and told', async () => {
    const { name, open, signals } = world();
    const old = await open();
    await old.commit([{ table: 'notes', id: 'a', value: { due: 2, title: 'b' } }]);
    const grown = await open({ notes: { indexes: { '/title': '/title' } }, tags: { indexes: {} } });
    expect(signals.closed.mock.calls).toEqual([['another tab upgrades the database']]);
    await expect(old.scan('notes')).rejects.toMatchObject({ code: 'storage-closed' });
    expect(await grown.scan('notes', { index: '/title' })).toMatchObject([{ id: 'a' }]);
    // An index that only the older release knows is kept up by the newer one.
    await grown.commit([{ table: 'notes', id: 'c', value: { due: 1, title: 'c' } }]);
    await grown.close();
    const again = await open();
    expect((await again.scan('notes', { index: '/due' })).map(({ id }) => id)).toEqual(['c', 'a']);
    await again.close();
    expect(await beside(name, async ({ version }) => version)).toBe(2);
  });

  it('computes an index anew when it reads another place', async () => {
    const { open } = world();
    const first = await open();
    await first.commit([{ table: 'notes', id: 'a', value: { due: 1, at: 9 } }]);
    await first.commit([{ table: 'notes', id: 'b', value: { due: 2, at: 8 } }]);
    await first.close();
    const moved = await open({ notes: { indexes: { '/due': '/at' } } });
    expect((await moved.scan('notes', { index: '/due' })).map(({ id }) => id)).toEqual(['b', 'a']);
    await moved.close();
  });

  it('of two tabs at once ends with all that both want', async () => {
    const { open } = world();
    await (await open({})).close();
    const tabs = await Promise.allSettled([
      open({ notes: { indexes: { '/due': '/due' } } }),
      open({ tags: { indexes: {} } }),
    ]);
    for (const tab of tabs) if (tab.status === 'fulfilled') await tab.value.close();
    const both = await open({ ...layout, tags: { indexes: {} } });
    expect(await both.scan('tags')).toEqual([]);
    await both.close();
  });
});

describe('a database', () => {
  it('that somebody else made is left as it is', async () => {
    const { name, open } = world();
    const log = idbStorage({ name });
    await log.open(layout);
    await log.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await log.close();
    await expect(open()).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(await storesOf(name)).toEqual(['chunks', 'log']);
    const again = idbStorage({ name });
    await again.open(layout);
    expect(await again.scan('notes')).toHaveLength(1);
    await again.close();
  });

  it('of a newer release is left as it is', async () => {
    const { name, open } = world();
    await (await open()).close();
    await beside(name, (db) =>
      promised(db.transaction('$syncline', 'readwrite').objectStore('$syncline').put(2, 'format')),
    );
    await expect(open({ more: { indexes: {} } })).rejects.toMatchObject({ code: 'version' });
    expect(await storesOf(name)).not.toContain('more');
  });

  it('that is not there fails at open, not at import', async () => {
    vi.stubGlobal('indexedDB', undefined);
    await expect(idbRowsStorage({ name: 'nowhere' }).open({})).rejects.toMatchObject({
      code: 'storage-blocked',
    });
    vi.unstubAllGlobals();
  });

  it('that another tab does not let go makes a growing open fail with storage-blocked in time', async () => {
    const { name, open } = world({ limitMs: 30 });
    await (await open()).close();
    const stubborn = await promised(indexedDB.open(name));
    await expect(open({ more: { indexes: {} } })).rejects.toMatchObject({ code: 'storage-blocked' });
    stubborn.close();
  });

  it('has no table with a name that is its own', async () => {
    await expect(world().open({ $commits: { indexes: {} } })).rejects.toMatchObject({ code: 'validation' });
  });

  it('that cannot grow fails to open, is as it was, and leaves no promise behind that nobody handles', async () => {
    const { open } = world();
    const storage = await open();
    await storage.commit([{ table: 'notes', id: 'a', value: { due: 1 } }]);
    await storage.close();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    vi.spyOn(IDBDatabase.prototype, 'createObjectStore').mockImplementationOnce(() => {
      throw new DOMException('no room', 'QuotaExceededError');
    });
    await expect(open({ ...layout, more: { indexes: {} } })).rejects.toMatchObject({ code: 'storage-quota' });
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    const again = await open({ ...layout, more: { indexes: {} } });
    expect((await again.scan('notes', { index: '/due' })).map(({ id }) => id)).toEqual(['a']);
    await again.close();
  });

  it('that was wiped while it was open is told from a new one', async () => {
    const { name, open, signals } = world();
    const opened: IDBDatabase[] = [];
    const realOpen = IDBFactory.prototype.open;
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...args) {
      const request = realOpen.apply(this, args);
      request.addEventListener('success', () => opened.push(request.result));
      return request;
    });
    const storage = await open();
    await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    for (const db of opened) forceCloseDatabase(db as never);
    await promised(indexedDB.deleteDatabase(name));
    const commit = storage.commit([{ table: 'notes', id: 'b', value: 1 }]);
    await expect(commit).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(signals.lost).toHaveBeenCalledTimes(1);
    expect(await rowsOf(name, 'notes')).toEqual([]);
  });
});

describe('a commit', () => {
  it('that finds no room rejects with storage-quota though every request has succeeded, and stores nothing', async () => {
    const storage = await world().open();
    const commit = IDBTransaction.prototype.commit;
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementationOnce(function (this: IDBTransaction) {
      queueMicrotask(() => (this as unknown as { _abort(name: string): void })._abort('QuotaExceededError'));
    });
    const failing = storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await expect(failing).rejects.toMatchObject({ code: 'storage-quota' });
    expect(IDBTransaction.prototype.commit).not.toBe(commit);
    expect(await storage.scan('notes')).toEqual([]);
    expect(await storage.commit([{ table: 'notes', id: 'a', value: 1 }])).toEqual({ revision: 1 });
    await storage.close();
  });

  it('with something that is no JSON is refused whole', async () => {
    const storage = await world().open();
    const value = { run: () => 1 } as unknown as Json;
    const failing = storage.commit([
      { table: 'outbox', id: 'a', value: 1 },
      { table: 'notes', id: 'a', value },
    ]);
    await expect(failing).rejects.toMatchObject({ code: 'validation' });
    expect(await storage.scan('outbox')).toEqual([]);
    await storage.close();
  });

  it('whose answer is lost is not done twice, and its condition does not fail for its own sake', async () => {
    const { name, open } = world();
    const storage = await open();
    const transaction = IDBDatabase.prototype.transaction;
    let left = 1;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      const made = transaction.apply(this, args);
      if (made.mode === 'readwrite' && left-- > 0) {
        made.addEventListener('complete', (event) => {
          event.stopImmediatePropagation();
          made.onabort?.(new Event('abort'));
        });
      }
      return made;
    });
    const { revision } = await storage.commit([{ table: 'notes', id: 'a', value: 1, ifRevision: 0 }]);
    expect(revision).toBe(1);
    await storage.close();
    expect(await rowsOf(name, '$commits')).toHaveLength(1);
  });

  it('is heard in another tab by the channel', async () => {
    const { open, signals } = world();
    const one = await open();
    const other = await open();
    // The second one's hello is answered.
    await new Promise((resolve) => setTimeout(resolve, 10));
    await one.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await expect.poll(() => signals.changed.mock.calls).toEqual([[[{ table: 'notes', id: 'a' }]]]);
    await one.close();
    await other.close();
  });
});

describe('a row that is damaged', () => {
  it('is moved to the quarantine as it is, and told; all others are read', async () => {
    const { name, open, signals } = world();
    const storage = await open();
    await storage.commit(['a', 'b', 'c'].map((id) => ({ table: 'notes', id, value: { due: 1 } })));
    await beside(name, (db) =>
      promised(
        db
          .transaction('notes', 'readwrite')
          .objectStore('notes')
          .put({ id: 'b', keys: { _2f_due: 1 }, half: 'gone' }),
      ),
    );
    expect((await storage.scan('notes', { index: '/due' })).map(({ id }) => id)).toEqual(['a', 'c']);
    expect(signals.lost.mock.calls).toEqual([[{ reason: 'unreadable: notes/b', quarantined: 1 }]]);
    const [kept] = await storage.scan('$quarantine');
    expect(kept).toMatchObject({ id: 'notes/b', value: expect.stringContaining('"half":"gone"') });
    expect(await storage.get('notes', ['b'])).toEqual([undefined]);
    expect(signals.lost).toHaveBeenCalledTimes(1);
    await storage.close();
  });

  it('is left alone when it was written anew before the quarantine came to it', async () => {
    const { name, open, signals } = world();
    const storage = await open();
    await storage.commit(['a', 'b'].map((id) => ({ table: 'notes', id, value: { due: 1 } })));
    await beside(name, (db) =>
      promised(db.transaction('notes', 'readwrite').objectStore('notes').put({ id: 'b', keys: {} })),
    );
    const reading = storage.scan('notes');
    await storage.commit([{ table: 'notes', id: 'b', value: { due: 2 } }]);
    expect((await reading).map(({ value }) => value)).toEqual([{ due: 1 }, { due: 2 }]);
    expect(await storage.get('notes', ['b'])).toMatchObject([{ value: { due: 2 } }]);
    expect(signals.lost).not.toHaveBeenCalled();
    await storage.close();
  });

  it('beyond what the browser can give back is told, and leaves the others readable', async () => {
    const { open, signals } = world();
    const storage = await open();
    await storage.commit(['a', 'b'].map((id) => ({ table: 'notes', id, value: { due: 1 } })));
    const get = IDBObjectStore.prototype.get;
    const unreadable = (request: IDBRequest) => {
      Object.defineProperty(request, 'error', {
        get: () => new DOMException('gone', 'NotReadableError'),
        set: () => undefined,
      });
      request.addEventListener('success', (event) => {
        event.stopImmediatePropagation();
        request.onerror?.(new Event('error'));
      });
      return request;
    };
    vi.spyOn(IDBObjectStore.prototype, 'getAll').mockImplementationOnce(function (this: IDBObjectStore) {
      return unreadable(get.call(this, 'b'));
    });
    vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore, key) {
      const request = get.call(this, key);
      return key === 'b' ? unreadable(request) : request;
    });
    expect((await storage.scan('notes')).map(({ id }) => id)).toEqual(['a']);
    expect(signals.lost.mock.calls).toEqual([[{ reason: 'unreadable: notes/b', quarantined: 0 }]]);
    await storage.close();
  });
});
