import { SyncError, type LogDevice, type RowRef, type StorageAdapter, type StorageSignals } from 'syncline';
import { createMemoryStore, memoryDevice, memoryStorage, type MemoryStore } from 'syncline/storage/memory';
import { describe, expect, it, vi } from 'vitest';
import { logStorage } from '../../src/storage/log-storage.js';
import { seal } from '../../src/storage/seal.js';

const layout = { notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } };
const quota = () => new SyncError('storage-quota', 'full');

function put(storage: StorageAdapter, id: string, value: string | number = 1): Promise<{ revision: number }> {
  return storage.commit([{ table: 'notes', id, value }]);
}

async function openOver(store: MemoryStore, signals: StorageSignals = {}): Promise<StorageAdapter> {
  const storage = memoryStorage({ store });
  await storage.open(layout, signals);
  return storage;
}

/** A device whose appends are counted and answered as the test says. */
function watched(store: MemoryStore, answer: (payload: string) => Error | undefined = () => undefined) {
  const device = memoryDevice(store);
  const payloads: string[] = [];
  const append: LogDevice['append'] = (payload, options) => {
    payloads.push(payload);
    const error = answer(payload);
    return error === undefined ? device.append(payload, options) : Promise.reject(error);
  };
  return { payloads, device: { ...device, append } };
}

async function ids(storage: StorageAdapter): Promise<string[]> {
  return (await storage.scan('notes')).map(({ id }) => id);
}

describe('a commit', () => {
  it('reaches the device in the same call when none is under way', async () => {
    const { payloads, device } = watched(createMemoryStore());
    const storage = logStorage(device);
    await storage.open(layout);
    const committed = put(storage, 'a');
    expect(payloads).toHaveLength(1);
    await committed;
  });

  it('shares an entry with all that were issued while another was under way', async () => {
    const { payloads, device } = watched(createMemoryStore());
    const storage = logStorage(device);
    await storage.open(layout);
    const results = await Promise.all(Array.from({ length: 100 }, (_, at) => put(storage, `n${at}`)));
    expect(payloads).toHaveLength(2);
    expect(results.map(({ revision }) => revision)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
  });

  it('does not wait for a bulk commit in one entry with it past 4 MB', async () => {
    const { payloads, device } = watched(createMemoryStore());
    const storage = logStorage(device);
    await storage.open(layout);
    const large = 'x'.repeat(3 * 1024 * 1024);
    await Promise.all([
      put(storage, 'first'),
      put(storage, 'a', large),
      put(storage, 'b', large),
      put(storage, 'c'),
    ]);
    expect(payloads).toHaveLength(3);
  });

  it('turns its rows into text once, even when the append is repeated', async () => {
    const store = createMemoryStore();
    const [storage, other] = [await openOver(store), await openOver(store)];
    await put(other, 'b');
    const toJSON = vi.fn(() => 1);
    await storage.commit([{ table: 'notes', id: 'a', value: { toJSON } as never }]);
    expect(toJSON).toHaveBeenCalledTimes(1);
    expect(store.entries).toHaveLength(2);
  });

  it('that fails leaves the tables as they were, and the next one works', async () => {
    let full = true;
    const { device } = watched(createMemoryStore(), () => (full ? quota() : undefined));
    const storage = logStorage(device);
    await storage.open(layout);
    await expect(put(storage, 'a')).rejects.toMatchObject({ code: 'storage-quota' });
    expect(await storage.scan('notes', { index: 'due' })).toEqual([]);
    expect(await ids(storage)).toEqual([]);
    full = false;
    expect(await put(storage, 'b')).toEqual({ revision: 1 });
  });

  it('too large for the disk does not take small ones with it', async () => {
    const { device } = watched(createMemoryStore(), (payload) =>
      payload.length > 2_000 ? quota() : undefined,
    );
    const storage = logStorage(device);
    await storage.open(layout);
    const outcomes = await Promise.allSettled([
      put(storage, 'first'),
      put(storage, 'a'),
      put(storage, 'large', 'x'.repeat(2_000)),
      put(storage, 'b'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await ids(storage)).toEqual(['a', 'b', 'first']);
  });

  it('of nothing resolves and writes nothing', async () => {
    const store = createMemoryStore();
    const storage = await openOver(store);
    await put(storage, 'a');
    expect(await storage.commit([])).toEqual({ revision: 1 });
    expect(store.entries).toHaveLength(1);
  });

  it('of something that is not JSON is refused', async () => {
    const storage = await openOver(createMemoryStore());
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    await expect(put(storage, 'a', loop as never)).rejects.toMatchObject({ code: 'validation' });
    expect(await put(storage, 'b')).toEqual({ revision: 1 });
  });

  it('whose tail cannot be read is rejected, and takes no other with it', async () => {
    const store = createMemoryStore();
    let broken = false;
    const hooks = {
      beforeRead: () => {
        if (broken) throw new SyncError('storage-closed', 'gone');
      },
    };
    const storage = memoryStorage({ store, hooks });
    await storage.open(layout);
    const other = memoryStorage({ store, deliver: () => undefined });
    await other.open(layout);
    await put(other, 'b');
    broken = true;
    await expect(put(storage, 'a')).rejects.toMatchObject({ code: 'storage-closed' });
    const conflicting = storage.commit([{ table: 'notes', id: 'c', value: 1, ifRevision: 9 }]);
    await expect(conflicting).rejects.toMatchObject({ code: 'storage-closed' });
    broken = false;
    await put(storage, 'a');
    expect(await ids(storage)).toEqual(['a', 'b']);
  });
});

describe('a read', () => {
  it.each([
    ['a table', (storage: StorageAdapter) => storage.get('nothing', ['a'])],
    ['a table to scan', (storage: StorageAdapter) => storage.scan('nothing')],
    ['a table to write', (storage: StorageAdapter) => storage.commit([{ table: 'nothing', id: 'a' }])],
    ['an index', (storage: StorageAdapter) => storage.scan('notes', { index: 'nothing' })],
  ])('of %s that is not in the layout is refused', async (_, call) => {
    const storage = await openOver(createMemoryStore());
    await expect(call(storage)).rejects.toMatchObject({ code: 'validation' });
  });

  it('hands out the rows themselves, not copies', async () => {
    const storage = await openOver(createMemoryStore());
    await put(storage, 'a');
    const [[row], [same]] = [await storage.get('notes', ['a']), await storage.scan('notes')];
    expect(row).toBe(same);
  });
});

describe('two adapters', () => {
  it('follow each other by the doorbell, and name the rows that moved once each', async () => {
    const store = createMemoryStore();
    const bells: (() => void)[] = [];
    const moved: (readonly RowRef[])[] = [];
    const storage = memoryStorage({ store });
    await storage.open(layout, { changed: (rows) => moved.push(rows) });
    const other = memoryStorage({ store, deliver: (ring) => bells.push(ring) });
    await other.open(layout);
    for (const value of [1, 2]) await put(other, 'a', value);
    await other.commit([
      { table: 'notes', id: 'a' },
      { table: 'outbox', id: 'o', value: 1 },
    ]);
    expect(await ids(storage)).toEqual([]);
    bells[0]?.();
    await expect.poll(() => moved).toHaveLength(1);
    expect(moved).toEqual([
      [
        { table: 'notes', id: 'a' },
        { table: 'outbox', id: 'o' },
      ],
    ]);
    expect(await storage.get('outbox', ['o'])).toEqual(await other.get('outbox', ['o']));
  });

  it('name the rows that moved when one meets the snapshot of the other', async () => {
    const store = createMemoryStore();
    const first = await openOver(store);
    for (const id of ['stays', 'changes', 'goes']) await put(first, id);
    const moved: RowRef[] = [];
    const storage = memoryStorage({ store });
    await storage.open(layout, { changed: (rows) => void moved.push(...rows) });
    const device = memoryDevice(store);
    await device.open();
    await put(first, 'changes', 2);
    await first.commit([
      { table: 'notes', id: 'goes' },
      { table: 'notes', id: 'comes', value: 1 },
    ]);
    const manifest = seal('[5,3]');
    const rows = seal('["notes",["stays",1,1,"changes",4,2,"comes",5,1]]');
    await device.compact([rows, manifest], 5);
    await put(storage, 'own');
    expect(moved.map(({ id }) => id).sort()).toEqual(['changes', 'comes', 'goes']);
    expect(await ids(storage)).toEqual(['changes', 'comes', 'own', 'stays']);
    await put(first, 'changes', 3);
  });

  it('stay readable, and say so once, when the log they stand on is gone', async () => {
    const store = createMemoryStore();
    const lost = vi.fn();
    const storage = await openOver(store, { lost });
    await put(storage, 'a');
    store.entries = [];
    await expect(put(storage, 'b')).rejects.toMatchObject({ code: 'storage-corrupt' });
    await expect(put(storage, 'c')).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(lost).toHaveBeenCalledTimes(1);
    expect(await ids(storage)).toEqual(['a']);
    expect(store.entries).toEqual([]);
  });
});

describe('a log', () => {
  it('of a newer release is left alone', async () => {
    const store = createMemoryStore();
    const newer = `2${seal('{"new":true}').slice(1)}`;
    store.entries = [{ position: 1, payload: newer }];
    const lost = vi.fn();
    await expect(openOver(store, { lost })).rejects.toMatchObject({ code: 'version' });
    expect(lost).not.toHaveBeenCalled();
    expect(store).toMatchObject({ entries: [{ position: 1, payload: newer }], snapshot: undefined });
  });

  it('that a newer release writes on stops the commits of this one, and not its reads', async () => {
    const store = createMemoryStore();
    const storage = await openOver(store);
    await put(storage, 'a');
    store.entries.push({ position: 2, payload: `2${seal('[]').slice(1)}` });
    await expect(put(storage, 'b')).rejects.toMatchObject({ code: 'version' });
    expect(await ids(storage)).toEqual(['a']);
  });

  it('with a hole is reported, and what is left is kept', async () => {
    const store = createMemoryStore();
    const writer = await openOver(store);
    for (const id of ['a', 'b', 'c']) await put(writer, id);
    store.entries.splice(1, 1);
    const lost = vi.fn();
    expect(await ids(await openOver(store, { lost }))).toEqual(['a', 'c']);
    expect(lost.mock.calls).toEqual([[{ reason: 'unreadable: entries 2 to 2', quarantined: 0 }]]);
  });

  it('whose snapshot lacks a chunk is reported', async () => {
    const store = createMemoryStore();
    store.snapshot = { upTo: 7, chunks: [seal('["notes",["a",3,1]]'), seal('[9,2]')] };
    const lost = vi.fn();
    const storage = await openOver(store, { lost });
    expect(await storage.scan('notes')).toEqual([{ id: 'a', revision: 3, value: 1 }]);
    expect(lost.mock.calls).toEqual([
      [{ reason: 'unreadable: a chunk of the snapshot of 7', quarantined: 0 }],
    ]);
    expect((await put(storage, 'b')).revision).toBeGreaterThan(9);
  });

  it('that is damaged can be read even where nothing can be written', async () => {
    const store = createMemoryStore();
    const writer = await openOver(store);
    for (const id of ['a', 'b']) await put(writer, id);
    store.entries[0] = { position: 1, payload: store.entries[0]?.payload.replace('"a"', '"x"') ?? '' };
    const lost = vi.fn();
    const hooks = { beforeCompact: () => Promise.reject(quota()) };
    const storage = memoryStorage({ store, hooks });
    await storage.open(layout, { lost });
    expect(lost).toHaveBeenCalledWith({ reason: 'unreadable: entry 1', quarantined: 1 });
    expect(await ids(storage)).toEqual(['b']);
    expect(await storage.scan('$quarantine')).toMatchObject([
      { id: 'entry 1', value: expect.stringContaining('"x"') },
    ]);
  });
});

describe('a storage', () => {
  it('can be opened once', async () => {
    const storage = await openOver(createMemoryStore());
    await expect(storage.open(layout)).rejects.toMatchObject({ code: 'storage-closed' });
    await put(storage, 'a');
  });

  it('closed while it opens does not open', async () => {
    const storage = memoryStorage();
    const opening = storage.open(layout);
    const closing = storage.close();
    await expect(opening).rejects.toMatchObject({ code: 'storage-closed' });
    await closing;
  });

  it('closed from outside says so, and rejects what follows', async () => {
    const device = memoryDevice();
    let close: ((reason: string) => void) | undefined;
    const open: LogDevice['open'] = (signals) => {
      close = (reason) => signals?.closed?.(reason);
      return device.open(signals);
    };
    const storage = logStorage({ ...device, open });
    const closed = vi.fn();
    await storage.open(layout, { closed });
    close?.('an upgrade');
    close?.('an upgrade');
    expect(closed.mock.calls).toEqual([['an upgrade']]);
    await expect(put(storage, 'a')).rejects.toMatchObject({ code: 'storage-closed' });
    await storage.close();
  });

  it('passes on what the device says is lost', async () => {
    const device = memoryDevice();
    const open: LogDevice['open'] = async (signals) => {
      await device.open(signals);
      signals?.lost?.('wiped');
    };
    const lost = vi.fn();
    await logStorage({ ...device, open }).open(layout, { lost });
    expect(lost.mock.calls).toEqual([[{ reason: 'wiped', quarantined: 0 }]]);
  });

  it('refuses an index that is not a JSON Pointer', async () => {
    const storage = memoryStorage();
    const bad = { notes: { indexes: { due: 'due' } } };
    await expect(storage.open(bad)).rejects.toMatchObject({ code: 'validation' });
  });
});
