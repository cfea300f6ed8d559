import type { StorageAdapter, StorageLayout, StorageSignals } from 'syncline';
import {
  encryptedStorage,
  type EncryptedStorage,
  type RotationProgress,
  type Secret,
} from 'syncline/storage/encrypted';
import { createMemoryStore, memoryStorage, type MemoryHooks } from 'syncline/storage/memory';
import { afterEach, expect, it, vi } from 'vitest';

const layout: StorageLayout = { notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } };
const [first, second] = [{ key: new Uint8Array(32).fill(1) }, { key: new Uint8Array(32).fill(2) }];
const rowCount = 450;
const opened: StorageAdapter[] = [];

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
});

function world() {
  const store = createMemoryStore();
  const open = async (secret: Secret, hooks: MemoryHooks = {}, signals: StorageSignals = {}) => {
    const storage = encryptedStorage(memoryStorage({ store, hooks }), secret);
    opened.push(storage);
    await storage.open(layout, signals);
    return storage;
  };
  /** Ids of the keys that the rows of notes are under. */
  const keyIds = async () => {
    const raw = memoryStorage({ store });
    opened.push(raw);
    await raw.open(layout);
    return new Set((await raw.scan('notes')).map(({ value }) => (value as { k: number }).k));
  };
  return { store, open, keyIds };
}

async function fill(storage: StorageAdapter): Promise<void> {
  await storage.commit(
    Array.from({ length: rowCount }, (_, due) => ({
      table: 'notes',
      id: `n${due}`,
      value: { due, text: `t${due}` },
    })),
  );
  await storage.commit([{ table: 'outbox', id: 'o', value: 'unsent' }]);
}

async function isWhole(storage: StorageAdapter): Promise<void> {
  const rows = await storage.scan('notes', { index: 'due' });
  expect(rows.map(({ value }) => value)).toEqual(
    Array.from({ length: rowCount }, (_, due) => ({ due, text: `t${due}` })),
  );
  expect(await storage.get('outbox', ['o'])).toMatchObject([{ value: 'unsent' }]);
}

it('puts every row under the new key, says how far it is, and leaves the old secret nothing', async () => {
  const { open, keyIds } = world();
  const storage = await open(first);
  await fill(storage);
  const seen: RotationProgress[] = [];
  await storage.rotate({ ...second, onProgress: (progress) => seen.push(progress) });
  expect(seen.map(({ done }) => done)).toEqual([200, 400, 450, 451]);
  expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([451]));
  expect(await keyIds()).toEqual(new Set([2]));
  expect(storage.rotating).toBe(false);
  await isWhole(storage);
  await storage.close();
  await expect(open(first)).rejects.toMatchObject({ code: 'storage-blocked' });
  await isWhole(await open(second));
});

it('goes from a key to a passphrase and on to another, with a salt of its own', async () => {
  const { open } = world();
  const storage = await open(first);
  await fill(storage);
  await storage.rotate({ passphrase: 'one', iterations: 600_001 });
  await storage.rotate({ passphrase: 'two' });
  await storage.close();
  await expect(open({ passphrase: 'one' })).rejects.toMatchObject({ code: 'storage-blocked' });
  await isWhole(await open({ passphrase: 'two' }));
});

it('without a new secret renews the key below it', async () => {
  const { open, keyIds } = world();
  const storage = await open(first);
  await fill(storage);
  await storage.rotate();
  expect(await keyIds()).toEqual(new Set([2]));
  await storage.close();
  await isWhole(await open(first));
});

it.each(['before', 'after'] as const)(
  'survives the end of the process %s any of its commits',
  async (when) => {
    let finished = false;
    for (let stopAt = 1; !finished; stopAt++) {
      const { open, keyIds } = world();
      let appends = -Infinity;
      const crash = () => {
        if (++appends >= stopAt) throw new Error('the process ended');
      };
      const dying = await open(first, when === 'before' ? { beforeAppend: crash } : { afterAppend: crash });
      await fill(dying);
      appends = 0;
      finished = await dying.rotate(second).then(
        () => true,
        () => false,
      );
      const openedWith = stopAt === 1 && when === 'before' ? first : second;
      const other = openedWith === first ? second : first;
      await expect(open(other)).rejects.toMatchObject({ code: 'storage-blocked' });
      const survivor = await open(openedWith);
      await isWhole(survivor);
      await survivor.commit([{ table: 'notes', id: 'new', value: {} }]);
      await survivor.commit([{ table: 'notes', id: 'new' }]);
      const unfinished = survivor.rotating;
      await survivor.rotate(openedWith === first ? second : {});
      expect(survivor.rotating).toBe(false);
      expect(await keyIds()).toEqual(new Set([unfinished || openedWith === first ? 2 : 3]));
      await isWhole(survivor);
      if (finished) expect(stopAt).toBeGreaterThan(5);
    }
  },
);

it('stops when it is told to, and goes on from there', async () => {
  const { open, keyIds } = world();
  const storage = await open(first);
  await fill(storage);
  const stop = new AbortController();
  const stopped = storage.rotate({ ...second, signal: stop.signal, onProgress: () => stop.abort() });
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  expect(storage.rotating).toBe(true);
  expect(await keyIds()).toEqual(new Set([1, 2]));
  await isWhole(storage);
  await storage.rotate();
  expect(await keyIds()).toEqual(new Set([2]));
  expect(storage.rotating).toBe(false);
});

it('does not begin when it was stopped before', async () => {
  const { open, keyIds } = world();
  const storage = await open(first);
  await fill(storage);
  await expect(storage.rotate({ ...second, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
  expect(await keyIds()).toEqual(new Set([1]));
  expect(storage.rotating).toBe(false);
});

it('lets others write, and keeps what they write', async () => {
  const { open, keyIds } = world();
  const [storage, tab] = [await open(first), await open(first)];
  await fill(storage);
  const writes: Promise<unknown>[] = [];
  let at = 0;
  await storage.rotate({
    onProgress() {
      for (const [who, writer] of [storage, tab].entries()) {
        const due = at % rowCount;
        writes.push(writer.commit([{ table: 'notes', id: `n${due}`, value: { due, text: `t${due}` } }]));
        writes.push(writer.commit([{ table: 'outbox', id: `${who}-${at}`, value: at }]));
        at += 99;
      }
    },
  });
  await Promise.all(writes);
  await isWhole(storage);
  await tab.commit([{ table: 'outbox', id: 'last', value: 0 }]);
  await isWhole(tab);
  expect(await storage.scan('outbox')).toHaveLength(writes.length / 2 + 2);
  expect(await keyIds()).toEqual(new Set([2]));
});

it('tells of the rows that have another revision now', async () => {
  const { open } = world();
  const changed = vi.fn<NonNullable<StorageSignals['changed']>>();
  const storage = await open(first, {}, { changed });
  await fill(storage);
  const before = new Map((await storage.scan('notes')).map(({ id, revision }) => [id, revision]));
  await storage.rotate();
  const told = changed.mock.calls.flat(2).filter(({ table }) => table === 'notes');
  const moved = (await storage.scan('notes')).filter(({ id, revision }) => revision !== before.get(id));
  expect(told.map(({ id }) => id).sort()).toEqual(moved.map(({ id }) => id).sort());
  expect(moved).toHaveLength(rowCount);
});

it('closes a tab that was opened with the old secret, and keeps a commit of it from being stored', async () => {
  const { open } = world();
  const storage = await open(first);
  await fill(storage);
  const closed = vi.fn();
  const tab = await open(first, {}, { closed });
  await storage.rotate(second);
  await expect(tab.commit([{ table: 'outbox', id: 'late', value: 1 }])).rejects.toMatchObject({
    code: 'storage-closed',
  });
  expect(closed.mock.calls).toEqual([['another tab changed the key of the store']]);
  await expect(tab.get('notes', ['n1'])).rejects.toMatchObject({ code: 'storage-closed' });
  expect(await storage.get('outbox', ['late'])).toEqual([undefined]);
  await isWhole(storage);
});

it('lets two tabs rotate at once without losing a row', async () => {
  const { open, keyIds } = world();
  const tabs: [EncryptedStorage, EncryptedStorage] = [await open(first), await open(first)];
  await fill(tabs[0]);
  await Promise.all(tabs.map((tab) => tab.rotate()));
  for (const tab of tabs) await tab.commit([{ table: 'outbox', id: 'end', value: 1 }]);
  for (const tab of tabs) await isWhole(tab);
  await isWhole(await open(first));
  expect((await keyIds()).size).toBe(1);
  expect(tabs.map(({ rotating }) => rotating)).toEqual([false, false]);
});

it('ends when the storage is closed, and can be ended later', async () => {
  const { open } = world();
  const storage = await open(first);
  await fill(storage);
  const closing: Promise<void>[] = [];
  const rotation = storage.rotate({ onProgress: () => void closing.push(storage.close()) });
  await expect(rotation).rejects.toMatchObject({ code: 'storage-closed' });
  await Promise.all(closing);
  const again = await open(first);
  expect(again.rotating).toBe(true);
  await again.rotate();
  await isWhole(again);
});

it('keeps the commits of a tab that has not heard of it in the order in which they were issued', async () => {
  const { store, open } = world();
  const deaf = await open(first);
  const one = encryptedStorage(memoryStorage({ store, deliver: () => undefined }), first);
  opened.push(one);
  await one.open(layout);
  await one.rotate();
  await Promise.all([
    deaf.commit([{ table: 'outbox', id: 'o', value: 'the first one goes alone' }]),
    deaf.commit([{ table: 'notes', id: 'a', value: 'of the time before' }]),
    deaf.commit([{ table: 'notes', id: 'a' }]),
  ]);
  expect(await deaf.get('notes', ['a'])).toEqual([undefined]);
});

it('keeps the commits of a tab that hears of it in the order in which they were issued', async () => {
  const { open } = world();
  const one = await open(first);
  const other = await open(first);
  const writing: Promise<{ readonly revision: number }>[] = [];
  for (let round = 0; round < 20; round++) {
    let isRotating = true;
    const rotating = one.rotate().finally(() => (isRotating = false));
    // At every turn of the event loop, so that some fall between the moments at which the new key is heard of.
    while (isRotating) {
      writing.push(other.commit([{ table: 'notes', id: 'a', value: writing.length }]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await rotating;
  }
  const revisions = (await Promise.all(writing)).map(({ revision }) => revision);
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  expect(await other.get('notes', ['a'])).toMatchObject([{ value: writing.length - 1 }]);
});
