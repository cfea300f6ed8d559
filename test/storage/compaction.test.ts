import { SyncError, type StorageAdapter } from 'syncline';
import { createMemoryStore, memoryStorage, type MemoryHooks } from 'syncline/storage/memory';
import { describe, expect, it } from 'vitest';
import { ManualTimer } from './manual-timer.js';

const layout = { notes: { indexes: {} } };

function world(hooks: MemoryHooks = {}, compactAfter = 5) {
  const store = createMemoryStore();
  const timer = new ManualTimer();
  const open = async (): Promise<StorageAdapter> => {
    const storage = memoryStorage({ store, hooks, compactAfter, runtime: timer });
    await storage.open(layout);
    return storage;
  };
  return { store, timer, open };
}

async function fill(storage: StorageAdapter, count: number, from = 0): Promise<void> {
  for (let at = from; at < from + count; at++)
    await storage.commit([{ table: 'notes', id: `n${at}`, value: at }]);
}

/** Lets the promises that stand on nothing but each other settle. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function tickToEnd(timer: ManualTimer): Promise<void> {
  while (timer.tick()) await settle();
}

describe('compaction', () => {
  it('waits until there are enough entries, and then leaves a snapshot', async () => {
    const { store, timer, open } = world();
    const storage = await open();
    await fill(storage, 5);
    expect(timer.pending).toBe(0);
    await fill(storage, 1, 5);
    expect(timer.pending).toBe(1);
    await tickToEnd(timer);
    expect(store.snapshot?.upTo).toBe(6);
    expect(store.entries).toEqual([]);
    expect(await (await open()).scan('notes')).toEqual(await storage.scan('notes'));
  });

  it('keeps what is committed meanwhile in the log', async () => {
    const { store, timer, open } = world();
    const storage = await open();
    await fill(storage, 6);
    timer.tick();
    await fill(storage, 3, 6);
    await storage.commit([{ table: 'notes', id: 'n0' }]);
    await tickToEnd(timer);
    expect(store.snapshot?.upTo).toBe(6);
    expect(store.entries.map(({ position }) => position)).toEqual([7, 8, 9, 10]);
    expect(await (await open()).scan('notes')).toEqual(await storage.scan('notes'));
  });

  it('makes one chunk in one slice', async () => {
    const { store, timer, open } = world({}, 1);
    const storage = await open();
    const rows = Array.from({ length: 2_500 }, (_, at) => ({ table: 'notes', id: `n${at}`, value: at }));
    const large = Array.from({ length: 20 }, (_, at) => ({
      table: 'notes',
      id: `x${at}`,
      value: 'x'.repeat(100_000),
    }));
    await storage.commit(rows);
    await storage.commit(large);
    for (let at = 0; at < 30; at++) await storage.commit([{ table: 'notes', id: 'n0', value: at }]);
    await tickToEnd(timer);
    const chunks = store.snapshot?.chunks ?? [];
    expect(timer.delays).toHaveLength(chunks.length);
    expect(chunks.length).toBeGreaterThan(4);
    expect(await (await open()).scan('notes')).toEqual(await storage.scan('notes'));
  });

  it('does not make a commit wait, not even while the device writes the snapshot', async () => {
    let finish: (() => void) | undefined;
    const { store, timer, open } = world({
      beforeCompact: () => new Promise((resolve) => (finish = resolve)),
    });
    const storage = await open();
    await fill(storage, 6);
    while (finish === undefined && timer.tick()) await settle();
    await fill(storage, 3, 6);
    expect(store.snapshot).toBeUndefined();
    finish?.();
    await settle();
    expect(store.snapshot?.upTo).toBe(6);
    expect(store.entries).toHaveLength(3);
  });

  it('that fails is tried again when the log has grown as much again, not at once', async () => {
    let tries = 0;
    const full = () => {
      tries++;
      throw new SyncError('storage-quota', 'full');
    };
    const { timer, open } = world({ beforeCompact: full });
    const storage = await open();
    await fill(storage, 6);
    await tickToEnd(timer);
    await fill(storage, 4, 6);
    await tickToEnd(timer);
    expect(tries).toBe(1);
    await fill(storage, 2, 10);
    await tickToEnd(timer);
    expect(tries).toBe(2);
    expect(await (await open()).scan('notes')).toHaveLength(12);
  });

  it('comes early when a few large rows are written over and over', async () => {
    const { store, timer, open } = world({}, 1_000);
    const storage = await open();
    for (let at = 0; at < 10; at++) {
      await storage.commit([{ table: 'notes', id: 'large', value: `${at}`.repeat(512 * 1024) }]);
    }
    await tickToEnd(timer);
    expect(store.snapshot?.upTo).toBeGreaterThanOrEqual(8);
  });

  it('is not due for a large store that was only filled', async () => {
    const { timer, open } = world({}, 1_000);
    const storage = await open();
    for (let at = 0; at < 10; at++) {
      await storage.commit([{ table: 'notes', id: `n${at}`, value: 'x'.repeat(512 * 1024) }]);
    }
    expect(timer.pending).toBe(0);
  });

  it('stops when the storage is closed between two slices', async () => {
    const { store, timer, open } = world();
    const storage = await open();
    await fill(storage, 6);
    timer.tick();
    await storage.close();
    expect(timer.pending).toBe(0);
    expect(store.snapshot).toBeUndefined();
  });

  it('stops when the storage is closed, and what has reached the device is waited for', async () => {
    let finish: (() => void) | undefined;
    const { store, timer, open } = world({
      beforeCompact: () => new Promise((resolve) => (finish = resolve)),
    });
    const storage = await open();
    await fill(storage, 6);
    while (finish === undefined && timer.tick()) await settle();
    let isClosed = false;
    const closing = storage.close().then(() => (isClosed = true));
    await settle();
    expect(timer.pending).toBe(0);
    expect(isClosed).toBe(false);
    finish?.();
    await closing;
    expect(store.snapshot?.upTo).toBe(6);
    expect(timer.pending).toBe(0);
  });
});
