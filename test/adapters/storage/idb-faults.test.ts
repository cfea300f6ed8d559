/* eslint-disable @typescript-eslint/unbound-method -- methods of the platform are replaced, and called with their `this` */
import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import type { LogSignals } from 'syncline';
import { idbDevice, idbStorage, type IdbOptions, type IdbMarker } from 'syncline/storage/idb';
import { afterEach, describe, expect, it, vi } from 'vitest';

let names = 0;
const opened: IDBDatabase[] = [];
const realOpen = IDBFactory.prototype.open;

/** Remembers every connection, so that a test can do to it what a browser does. */
IDBFactory.prototype.open = function (...args) {
  const request = realOpen.apply(this, args);
  request.addEventListener('success', () => opened.push(request.result));
  return request;
};

afterEach(() => {
  vi.restoreAllMocks();
  opened.length = 0;
});

function world(options: Partial<IdbOptions> = {}) {
  const name = `faults ${names++}`;
  const items = new Map<string, string>();
  const marker: IdbMarker = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
  const signals = { appended: vi.fn(), lost: vi.fn(), closed: vi.fn() } satisfies LogSignals;
  const create = () => idbDevice({ name, marker, ...options });
  const open = async () => {
    const device = create();
    await device.open(signals);
    return device;
  };
  return { name, items, marker, signals, create, open };
}

/** The database as somebody else sees it. */
async function inspect(name: string): Promise<{ log: Map<IDBValidKey, unknown>; chunks: unknown[] }> {
  const db = await promised(indexedDB.open(name));
  const transaction = db.transaction(['log', 'chunks']);
  const log = transaction.objectStore('log');
  const [keys, values, chunks] = await Promise.all([
    promised(log.getAllKeys()),
    promised(log.getAll()),
    promised(transaction.objectStore('chunks').getAll()),
  ]);
  db.close();
  return { log: new Map(keys.map((key, at) => [key, values[at]])), chunks };
}

function promised<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no reason given'));
  });
}

/** Makes the next transactions that write fail as a full disk does: all requests succeed, then it aborts. */
function abortWrites(errorName: string, times = 1): void {
  const commit = IDBTransaction.prototype.commit;
  let left = times;
  vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
    if (left-- > 0)
      queueMicrotask(() => (this as unknown as { _abort(name: string): void })._abort(errorName));
    else commit.call(this);
  });
}

function refuseTransactions(times: number): () => number {
  const transaction = IDBDatabase.prototype.transaction;
  let calls = 0;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    if (calls++ < times) throw new DOMException('The database connection is closing.', 'InvalidStateError');
    return transaction.apply(this, args);
  });
  return () => calls;
}

describe('a full disk', () => {
  it('rejects with storage-quota though every request has succeeded, and stores nothing', async () => {
    const device = await world().open();
    abortWrites('QuotaExceededError');
    await expect(device.append('a', { after: 0 })).rejects.toMatchObject({ code: 'storage-quota' });
    expect(await device.read(0)).toEqual({ entries: [] });
    expect(await device.append('a', { after: 0 })).toBe(true);
  });

  it('leaves a storage readable, and the next commit finds room', async () => {
    const { name } = world();
    const storage = idbStorage({ name });
    await storage.open({ notes: { indexes: {} } });
    await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    abortWrites('QuotaExceededError');
    const failing = storage.commit([{ table: 'notes', id: 'b', value: 1 }]);
    await expect(failing).rejects.toMatchObject({ code: 'storage-quota' });
    await storage.commit([{ table: 'notes', id: 'c', value: 1 }]);
    expect((await storage.scan('notes')).map(({ id }) => id)).toEqual(['a', 'c']);
  });
});

describe('a lost connection', () => {
  it('is opened again, and the call goes through', async () => {
    const { open, signals } = world();
    const device = await open();
    await device.append('a', { after: 0 });
    forceCloseDatabase(opened[0] as never);
    expect(await device.append('b', { after: 1 })).toBe(true);
    expect((await device.read(0)).entries).toHaveLength(2);
    expect(signals.lost).not.toHaveBeenCalled();
  });

  it.each(['InvalidStateError', 'UnknownError', 'AbortError'])(
    '%s in a transaction is tried again',
    async (name) => {
      const device = await world().open();
      abortWrites(name, 2);
      expect(await device.append('a', { after: 0 })).toBe(true);
      expect((await device.read(0)).entries).toEqual([{ position: 1, payload: 'a' }]);
    },
  );

  it('that comes again and again is given up with storage-closed after five tries', async () => {
    const device = await world().open();
    const calls = refuseTransactions(1_000);
    await expect(device.append('a', { after: 0 })).rejects.toMatchObject({ code: 'storage-closed' });
    expect(calls()).toBeGreaterThanOrEqual(5);
    expect(calls()).toBeLessThanOrEqual(10);
    vi.restoreAllMocks();
    expect(await device.append('a', { after: 0 })).toBe(true);
  });

  it('after the commit and before the answer does not store the entry twice', async () => {
    const { name, open } = world();
    const device = await open();
    hideCompletion(1);
    expect(await device.append('a', { after: 0 })).toBe(true);
    expect(await device.read(0)).toEqual({ entries: [{ position: 1, payload: 'a' }] });
    expect((await inspect(name)).log.size).toBe(2);
  });

  it('before the commit does not take the same text of another tab for its own', async () => {
    const { open } = world();
    const [device, other] = [await open(), await open()];
    abortWrites('AbortError');
    const mine = device.append('same', { after: 0 });
    const taken = [await other.append('same', { after: 0 }), await mine];
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect((await other.read(0)).entries).toHaveLength(1);
  });

  it('rejects what was under way when nothing more comes from the browser', async () => {
    const device = await world().open();
    vi.spyOn(IDBTransaction.prototype, 'dispatchEvent').mockReturnValue(true);
    const pending = device.append('a', { after: 0 });
    for (const db of opened) forceCloseDatabase(db as never);
    vi.restoreAllMocks();
    await expect(pending).resolves.toBe(true);
    expect((await device.read(0)).entries).toEqual([{ position: 1, payload: 'a' }]);
  });
});

/** Transactions that write commit, and their answer is lost. */
function hideCompletion(times: number): void {
  const transaction = IDBDatabase.prototype.transaction;
  let left = times;
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
}

describe('a wiped database', () => {
  it('is told from a new one by the marker', async () => {
    const { name, open, signals } = world();
    const device = await open();
    await device.append('a', { after: 0 });
    await device.close();
    expect(signals.lost).not.toHaveBeenCalled();
    await promised(indexedDB.deleteDatabase(name));
    const again = await open();
    expect(signals.lost.mock.calls).toEqual([['the database that was here before is gone']]);
    await again.close();
    await open();
    expect(signals.lost).toHaveBeenCalledTimes(1);
  });

  it('is told by the browser, too', async () => {
    const open = IDBFactory.prototype.open;
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...args) {
      const request = open.apply(this, args);
      request.addEventListener('upgradeneeded', (event) =>
        Object.assign(event, { dataLoss: 'total', dataLossMessage: 'checksum mismatch' }),
      );
      return request;
    });
    const { open: openDevice, signals } = world();
    await openDevice();
    expect(signals.lost.mock.calls).toEqual([['checksum mismatch']]);
  });

  it('is not missed after destroy', async () => {
    const { items, open, signals } = world();
    const device = await open();
    expect(items.size).toBe(1);
    await device.destroy();
    expect(items.size).toBe(0);
    await open();
    expect(signals.lost).not.toHaveBeenCalled();
  });

  it('under an open device ends it: nothing is written into the new one', async () => {
    const { name, open, signals } = world();
    const device = await open();
    await device.append('a', { after: 0 });
    for (const db of opened) forceCloseDatabase(db as never);
    await promised(indexedDB.deleteDatabase(name));
    await expect(device.append('b', { after: 1 })).rejects.toMatchObject({ code: 'storage-corrupt' });
    await expect(device.read(0)).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(signals.lost).toHaveBeenCalledTimes(1);
    expect((await inspect(name)).log.size).toBe(1);
  });

  it('does no harm where the marker cannot be used', async () => {
    const fail = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    const { open } = world({ marker: { getItem: fail, setItem: fail, removeItem: fail } });
    const device = await open();
    expect(await device.append('a', { after: 0 })).toBe(true);
    await device.destroy();
  });
});

describe('another tab', () => {
  it('that wants the database gets it: this device closes and says so', async () => {
    const { name, open, signals } = world();
    const device = await open();
    const append = device.append('a', { after: 0 });
    await promised(indexedDB.deleteDatabase(name));
    await append;
    expect(signals.closed.mock.calls).toEqual([['another tab deletes the database']]);
    await expect(device.append('b', { after: 1 })).rejects.toMatchObject({ code: 'storage-closed' });
    await device.close();
  });

  it('with a newer release of the database is respected', async () => {
    const { name, open } = world();
    const newer = await promised(indexedDB.open(name, 99));
    await expect(open()).rejects.toMatchObject({ code: 'version' });
    newer.close();
  });

  it('that does not let go makes open fail with storage-blocked in time, and what comes later is closed', async () => {
    const { name, open } = world({ limitMs: 30 });
    const stubborn = await promised(indexedDB.open(name));
    const deleting = promised(indexedDB.deleteDatabase(name));
    await expect(open()).rejects.toMatchObject({ code: 'storage-blocked' });
    stubborn.close();
    await deleting;
    await promised(indexedDB.deleteDatabase(name));
  });

  it('that does not let go makes destroy fail with storage-blocked in time', async () => {
    const { name, create } = world({ limitMs: 30 });
    const stubborn = await promised(indexedDB.open(name));
    await expect(create().destroy()).rejects.toMatchObject({ code: 'storage-blocked' });
    stubborn.close();
  });

  it('hears of an append by the channel, and this one does not', async () => {
    const { name, marker } = world();
    const [one, other] = [vi.fn(), vi.fn()];
    const devices = [idbDevice({ name, marker }), idbDevice({ name, marker })];
    await devices[0]?.open({ appended: one });
    await devices[1]?.open({ appended: other });
    // The second one's hello.
    await expect.poll(() => one).toHaveBeenCalled();
    one.mockClear();
    other.mockClear();
    await devices[0]?.append('a', { after: 0 });
    await expect.poll(() => other).toHaveBeenCalled();
    expect(one).not.toHaveBeenCalled();
    for (const device of devices) await device.close();
  });

  it('is not needed: without a channel all else works', async () => {
    const device = await world({ channel: () => undefined }).open();
    expect(await device.append('a', { after: 0 })).toBe(true);
  });
});

describe('a database', () => {
  it('that is not there fails at open, not at import', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const storage = idbStorage({ name: 'nowhere' });
    await expect(storage.open({})).rejects.toMatchObject({ code: 'storage-blocked' });
    vi.unstubAllGlobals();
  });

  it('that may not be used fails at open', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    await expect(world().open()).rejects.toMatchObject({ code: 'storage-blocked' });
  });

  it.each([['relaxed'], ['strict']] as const)(
    'is written %s when that is asked for, and compacted strictly',
    async (durability) => {
      const device = await world({ durability }).open();
      const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
      await device.append('a', { after: 0 });
      expect(transaction.mock.calls.map(([, mode, options]) => [mode, options])).toEqual([
        ['readwrite', { durability }],
      ]);
      transaction.mockClear();
      await device.compact(['all'], 1);
      const writes = transaction.mock.calls.filter(([, mode]) => mode === 'readwrite');
      expect(writes.map(([, , options]) => options?.durability)).toEqual(['strict', 'strict']);
    },
  );

  it('keeps no chunk and no entry that a snapshot has replaced', async () => {
    const { name, open } = world();
    const [device, stale] = [await open(), await open()];
    for (const after of [0, 1, 2]) await device.append('x', { after });
    await device.compact(['a', 'b', 'c'], 3);
    expect(await stale.append('too late', { after: 0 })).toBe(false);
    await device.append('x', { after: 3 });
    await device.compact(['d'], 4);
    const { log, chunks } = await inspect(name);
    expect([...log.keys()]).toEqual(['epoch', ['snapshot', 4]]);
    expect(chunks).toEqual(['d']);
  });

  it('keeps the newer of two snapshots that are written at once', async () => {
    const { name, open } = world();
    const [device, other] = [await open(), await open()];
    for (const after of [0, 1, 2, 3]) await device.append('x', { after });
    await Promise.all([
      device.compact(['a', 'b'], 3),
      other.compact(['c', 'd'], 4),
      device.compact(['e'], 2),
    ]);
    expect(await other.read(0)).toEqual({ snapshot: { upTo: 4, chunks: ['c', 'd'] }, entries: [] });
    const { chunks } = await inspect(name);
    expect(chunks.slice(-2)).toEqual(['c', 'd']);
  });

  it.each(['b', 'c'])(
    'with a value that the browser cannot give back (%s) keeps all others',
    async (gone) => {
      const { name, open } = world();
      const storage = idbStorage({ name });
      await storage.open({ notes: { indexes: {} } });
      for (const id of ['a', 'b', 'c']) await storage.commit([{ table: 'notes', id, value: 1 }]);
      await storage.close();
      const unreadable = (value: unknown) => String(value).includes(`"${gone}"`);
      failReading('getAll', (values) => (values as unknown[]).some(unreadable));
      failReading('get', unreadable);
      const lost = vi.fn();
      const again = idbStorage({ name });
      await again.open({ notes: { indexes: {} } }, { lost });
      expect((await again.scan('notes')).map(({ id }) => id)).toEqual(
        ['a', 'b', 'c'].filter((id) => id !== gone),
      );
      expect(lost.mock.calls).toEqual([
        [{ reason: `unreadable: entry ${gone === 'b' ? 2 : 3}`, quarantined: 1 }],
      ]);
      await again.close();
      await open();
    },
  );
});

/** Reads whose result is like this fail as Chromium's do when the file of a large value is gone. */
function failReading(method: 'get' | 'getAll', fails: (result: unknown) => boolean): void {
  type Read = (query: IDBKeyRange) => IDBRequest<unknown>;
  const store = IDBObjectStore.prototype as Record<typeof method, Read>;
  const read = store[method];
  vi.spyOn(store, method).mockImplementation(function (this: IDBObjectStore, query) {
    const request = read.call(this, query);
    request.addEventListener('success', (event) => {
      if (!fails(request.result)) return;
      event.stopImmediatePropagation();
      const error = new DOMException('Failed to read large IndexedDB value', 'NotReadableError');
      Object.defineProperty(request, 'error', { value: error });
      request.onerror?.(new Event('error', { bubbles: true, cancelable: true }));
    });
    return request;
  });
}
