import fc from 'fast-check';
import type { LogDevice } from 'syncline';
import { localStorageDevice, localStorageStorage, localStorageUsage } from 'syncline/storage/local-storage';
import { describe, expect, it, vi } from 'vitest';
import { slowBrowser, Stopped, tabLocks, textArea } from './local-storage-world.js';

const layout = { notes: { indexes: {} } };
const name = 'test';

/** All that was ever appended, as a reader sees it: snapshots here are lists of what they stand for. */
async function history(device: LogDevice): Promise<string[]> {
  const { snapshot, entries } = await device.read(0);
  const before = (snapshot?.chunks ?? []).flatMap((chunk) => JSON.parse(chunk) as string[]);
  return [...before, ...entries.map(({ payload }) => payload)];
}

type Step =
  | { readonly kind: 'append' }
  | { readonly kind: 'compact'; readonly behind: number; readonly chunks: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'append' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('compact' as const),
      behind: fc.nat(2),
      chunks: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

/** Runs the steps, and notes what was acknowledged; ends where the area stops. */
async function perform(device: LogDevice, steps: readonly Step[], acknowledged: string[]): Promise<void> {
  await device.open();
  acknowledged.push(...(await history(device)));
  for (const each of steps) {
    const head = acknowledged.length;
    if (each.kind === 'append') {
      const payload = `entry ${head}`;
      if (await device.append(payload, { after: head })) acknowledged.push(payload);
    } else {
      const upTo = Math.max(0, head - each.behind);
      const texts = acknowledged.slice(0, upTo);
      const chunks = Array.from({ length: each.chunks }, (_, at) =>
        JSON.stringify(
          texts.filter((_text, index) => Math.floor((index * each.chunks) / Math.max(1, upTo)) === at),
        ),
      );
      await device.compact(chunks, upTo);
    }
  }
}

describe('a log in localStorage', () => {
  it('loses nothing when it is stopped between any two calls to the storage', async () => {
    let stops = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 6, maxLength: 14 }),
        fc.array(step, { maxLength: 4 }),
        async (first, second) => {
          for (let calls = 0, whole = false; !whole; calls++) {
            const texts = new Map<string, string>();
            const acknowledged: string[] = [];
            let left = calls;
            const beforeChange = () => {
              if (left-- <= 0) throw new Stopped();
            };
            const stopping = localStorageDevice({ name, area: textArea(texts, { beforeChange }) });
            whole = await perform(stopping, first, acknowledged).then(
              () => true,
              () => false,
            );
            stops++;
            const after: string[] = [];
            const reader = localStorageDevice({ name, area: textArea(texts) });
            await reader.open();
            const found = await history(reader);
            expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
            expect(found.length - acknowledged.length).toBeLessThanOrEqual(whole ? 0 : 1);
            await perform(localStorageDevice({ name, area: textArea(texts) }), second, after);
            expect(await history(reader)).toEqual(after);
          }
        },
      ),
      { numRuns: 80 },
    );
    expect(stops).toBeGreaterThan(500);
  });

  it('is removed whole, or found again as it was, when destroy is stopped between any two calls', async () => {
    for (let calls = 0, whole = false; !whole; calls++) {
      const texts = new Map([['somebody else', 'stays']]);
      const device = localStorageDevice({ name, area: textArea(texts) });
      await device.open();
      for (const after of [0, 1, 2]) await device.append(`entry ${after}`, { after });
      await device.compact(['["entry 0"]'], 1);
      let left = calls;
      const beforeChange = () => {
        if (left-- <= 0) throw new Stopped();
      };
      const stopping = localStorageDevice({ name, area: textArea(texts, { beforeChange }) });
      whole = await stopping.destroy().then(
        () => true,
        () => false,
      );
      const reader = localStorageDevice({ name, area: textArea(texts) });
      await reader.open();
      expect([0, 3]).toContain((await history(reader)).length);
      expect(await reader.append('next', { after: (await history(reader)).length })).toBe(true);
      expect(texts.get('somebody else')).toBe('stays');
      if (whole) expect(calls).toBeGreaterThan(4);
    }
  });

  it('keeps nothing of an older snapshot, and nothing that a snapshot stands for', async () => {
    const area = textArea();
    const device = localStorageDevice({ name, area });
    await device.open();
    for (const after of [0, 1, 2]) await device.append('x', { after });
    await device.compact(['a', 'b', 'c'], 2);
    await device.compact(['d'], 3);
    expect([...area.texts.keys()].sort()).toEqual(['syncline:test:3.0', 'syncline:test:log']);
  });

  it('touches no key of another log whose name begins alike', async () => {
    const area = textArea();
    const [one, other] = [localStorageDevice({ name: 'a', area }), localStorageDevice({ name: 'a:1', area })];
    for (const device of [one, other]) {
      await device.open();
      await device.append('x', { after: 0 });
    }
    await one.destroy();
    expect((await other.read(0)).entries).toHaveLength(1);
    await localStorageDevice({ name: 'a', area }).open();
  });
});

describe('a full storage', () => {
  it('rejects with storage-quota, changes nothing, and takes writes again once something is removed', async () => {
    const area = textArea(new Map([['photos', 'x'.repeat(800)]]), { limit: 1_800 });
    const storage = localStorageStorage({ name, area });
    await storage.open(layout);
    await storage.commit([{ table: 'notes', id: 'a', value: 'y'.repeat(500) }]);
    const before = new Map(area.texts);
    const failing = storage.commit([{ table: 'notes', id: 'b', value: 'y'.repeat(500) }]);
    await expect(failing).rejects.toMatchObject({ code: 'storage-quota' });
    expect(area.texts).toEqual(before);
    area.texts.delete('photos');
    await storage.commit([{ table: 'notes', id: 'b', value: 'y'.repeat(500) }]);
    expect((await storage.scan('notes')).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('leaves the log as it was when a snapshot finds no room', async () => {
    const area = textArea(new Map(), { limit: 1_000 });
    const device = localStorageDevice({ name, area });
    await device.open();
    await device.append('x'.repeat(400), { after: 0 });
    const before = new Map(area.texts);
    await expect(device.compact(['y'.repeat(100), 'y'.repeat(400)], 1)).rejects.toMatchObject({
      code: 'storage-quota',
    });
    expect(area.texts).toEqual(before);
    expect(await device.compact(['y'.repeat(100)], 1)).toBe(true);
  });

  it('can be foreseen: the room taken is known', async () => {
    const area = textArea(new Map([['photos', 'x'.repeat(94)]]));
    const storage = localStorageStorage({ name, area });
    await storage.open(layout);
    const empty = localStorageUsage({ name, area });
    expect(empty).toMatchObject({ areaBytes: empty.ownBytes + 200, limitBytes: 5 * 1024 * 1024 });
    await storage.commit([{ table: 'notes', id: 'a', value: 'y'.repeat(1_000) }]);
    expect(localStorageUsage({ name, area }).ownBytes).toBeGreaterThan(empty.ownBytes + 2_000);
  });
});

describe('tabs that see what others wrote in their own time', () => {
  it('lose nothing to each other when they have locks', async () => {
    const browser = slowBrowser(() => Math.random() * 8);
    const locks = tabLocks();
    const tabs = [browser.tab(), browser.tab(), browser.tab()];
    const storages = tabs.map((tab) => localStorageStorage({ name, locks, compactAfter: 10, ...tab }));
    await Promise.all(storages.map((storage) => storage.open(layout)));
    const step = async (storage: (typeof storages)[number]): Promise<void> => {
      const [row] = await storage.get('notes', ['count']);
      const write = {
        table: 'notes',
        id: 'count',
        value: Number(row?.value ?? 0) + 1,
        ifRevision: row?.revision ?? 0,
      };
      await storage.commit([write]).catch(() => step(storage));
    };
    await Promise.all(
      storages.flatMap((storage) =>
        [0, 1].map(async () => {
          for (let times = 0; times < 15; times++) await step(storage);
        }),
      ),
    );
    await browser.settled();
    for (const storage of storages) await storage.close();
    const last = localStorageStorage({ name, ...browser.tab() });
    const lost = vi.fn();
    await last.open(layout, { lost });
    expect((await last.get('notes', ['count']))[0]?.value).toBe(90);
    expect(lost).not.toHaveBeenCalled();
  });

  it('follow each other by the storage event', async () => {
    const browser = slowBrowser(() => 1);
    const changed = vi.fn();
    const [one, other] = [0, 1].map(() => localStorageStorage({ name, ...browser.tab() }));
    await one?.open(layout);
    await browser.settled();
    await other?.open(layout, { changed });
    await one?.commit([{ table: 'notes', id: 'a', value: 1 }]);
    await expect.poll(() => changed).toHaveBeenCalled();
    expect(await other?.get('notes', ['a'])).toMatchObject([{ value: 1 }]);
  });

  it('are told when one removes the log, and when somebody clears the storage', async () => {
    const browser = slowBrowser(() => 1);
    const [one, other] = [browser.tab(), browser.tab()];
    const closed = vi.fn();
    const device = localStorageDevice({ name, ...one });
    await device.open();
    await browser.settled();
    const watcher = localStorageDevice({ name, ...other });
    await watcher.open({ closed });
    await device.destroy();
    await expect.poll(() => closed.mock.calls).toEqual([['another tab removed the log']]);
    await expect(watcher.read(0)).rejects.toMatchObject({ code: 'storage-closed' });

    const area = textArea();
    const lost = vi.fn();
    const third = localStorageDevice({ name, area });
    await third.open({ lost });
    area.texts.clear();
    await expect(third.append('a', { after: 0 })).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(lost).toHaveBeenCalledTimes(1);
    expect(area.texts.size).toBe(0);
  });

  it('wait for what another one announced, and give up in time', async () => {
    const locks = tabLocks();
    const options = { name, locks, limitMs: 20 };
    const one = localStorageDevice({ ...options, area: textArea() });
    await one.open();
    const elsewhere = localStorageDevice({ ...options, area: textArea() });
    await expect(elsewhere.open()).rejects.toMatchObject({ code: 'storage-blocked' });
    await one.close();
    await elsewhere.open();
  });
});

describe('an area', () => {
  it('that is not there, or may not be used, fails at open', async () => {
    await expect(localStorageStorage({ name }).open(layout)).rejects.toMatchObject({
      code: 'storage-blocked',
    });
    const getItem = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    const denied = localStorageStorage({ name, area: { ...textArea(), getItem } });
    await expect(denied.open(layout)).rejects.toMatchObject({ code: 'storage-blocked' });
  });

  it.each([
    ['something else under the key of the log', 'storage-corrupt', new Map([['syncline:test:log', 'mine']])],
    ['entries without a log', 'storage-corrupt', new Map([['syncline:test:4', 'mine']])],
    ['a log of a newer release', 'version', new Map([['syncline:test:log', 'syncline log 2 whatever']])],
  ])('with %s is refused, and left as it is', async (_, code, texts) => {
    const before = new Map(texts);
    await expect(localStorageDevice({ name, area: textArea(texts) }).open()).rejects.toMatchObject({ code });
    expect(texts).toEqual(before);
  });

  it('that has lost an entry or a chunk reports it, and keeps the others', async () => {
    for (const gone of ['syncline:test:2', 'syncline:test:1.0']) {
      const area = textArea();
      const storage = localStorageStorage({ name, area });
      await storage.open(layout);
      for (const id of ['a', 'b', 'c']) await storage.commit([{ table: 'notes', id, value: 1 }]);
      await storage.close();
      if (gone.includes('.')) {
        const device = localStorageDevice({ name, area });
        await device.open();
        await device.compact(['whatever', 'this is'], 1);
        await device.close();
      }
      area.texts.delete(gone);
      const lost = vi.fn();
      const again = localStorageStorage({ name, area });
      await again.open(layout, { lost });
      expect(lost).toHaveBeenCalledTimes(1);
      expect((await again.scan('notes')).length).toBe(2);
      await again.close();
    }
  });
});
