import type { LogDevice, LogEntry, StorageAdapter, StoredRow } from 'syncline';
import { createMemoryStore, memoryDevice, memoryStorage, type MemoryStore } from 'syncline/storage/memory';
import { logDeviceCases, storageCases, type LogDeviceSetup, type StorageSetup } from 'syncline/testing';
import { describe, expect, it } from 'vitest';
import { expectCaught } from './kit.js';

/** A storage that differs from a sound one in these members. */
type Flaw<T> = (sound: T, store: MemoryStore) => Partial<T>;

/** Rows that an adapter wrote which had no index of titles. */
const untitled = new WeakMap<MemoryStore, Set<string>>();

const brokenStorages: Record<string, readonly [caughtBy: string, flaw: Flaw<StorageAdapter>]> = {
  'tells of tables that only another release knows': [
    'an adapter is told of no row of a table that it does not declare',
    (sound) => ({
      open: (layout, signals) => sound.open({ tags: { indexes: {} }, ...layout }, signals),
    }),
  ],
  'keeps only the indexes that it knows': [
    'an index holds what was written by an older release that does not know it',
    (sound, store) => {
      const ids = untitled.get(store) ?? new Set();
      untitled.set(store, ids);
      let keepsTitles = false;
      return {
        open: (layout, signals) => {
          keepsTitles = layout['notes']?.indexes['title'] !== undefined;
          return sound.open(layout, signals);
        },
        commit: (writes, reads) => {
          if (!keepsTitles) for (const { id } of writes) ids.add(id);
          return sound.commit(writes, reads);
        },
        scan: async (table, options) => {
          const rows = await sound.scan(table, options);
          return options?.index === 'title' ? rows.filter(({ id }) => !ids.has(id)) : rows;
        },
      };
    },
  ],
  'forgets at a restart': [
    'what was committed is there after a restart, indexes included',
    (sound, store) => ({ close: () => sound.close().then(() => void (store.entries = [])) }),
  ],
  'writes the tables one after the other': [
    'a failed condition names its rows and changes nothing',
    (sound) => ({
      commit: async (writes) => {
        for (const write of writes.slice(0, -1)) await sound.commit([write]);
        return sound.commit(writes.slice(-1));
      },
    }),
  ],
  'does not look at conditions': [
    'two adapters that count in one row count every step once',
    (sound) => ({ commit: (writes) => sound.commit(writes.map(({ ifRevision: _, ...write }) => write)) }),
  ],
  'names all rows of a commit as failing': [
    'a failed condition names its rows and changes nothing',
    (sound) => ({
      commit: (writes) =>
        sound.commit(writes).catch((error) => {
          error.details.rows.push({ table: 'notes', id: 'd' });
          throw error;
        }),
    }),
  ],
  'takes false and 0 for nothing': [
    'any JSON value survives a restart',
    (sound) => ({
      get: async (table, ids) => (await sound.get(table, ids)).map((row) => (row?.value ? row : undefined)),
    }),
  ],
  'answers in the order of its own': [
    'a committed row is read back with the revision of its commit',
    (sound) => ({ get: (table, ids) => sound.get(table, [...ids].sort()) }),
  ],
  'sorts strings as people do': [
    'numbers come before strings, strings by UTF-16 code unit',
    (sound) => ({
      scan: async (table, options) =>
        [...(await sound.scan(table, options))].sort((a, b) => dueOf(a).localeCompare(dueOf(b))),
    }),
  ],
  'closes every upper bound': [
    'a range holds exactly the keys between its bounds',
    (sound) => ({
      scan: (table, options = {}) => {
        const { upperOpen: _, ...range } = options.range ?? {};
        return sound.scan(table, { ...options, range });
      },
    }),
  ],
  'takes the limit before it turns round': [
    'limit takes from the end that the scan starts at',
    (sound) => ({
      scan: async (table, options = {}) => {
        const rows = await sound.scan(table, { ...options, reverse: false });
        return options.reverse === true ? [...rows].reverse() : rows;
      },
    }),
  ],
  'puts rows without a key first': [
    'a row without a key is not in the index',
    (sound) => ({
      scan: async (table, options = {}) => {
        const rows = await sound.scan(table, options);
        if (options.index === undefined) return rows;
        return [...(await sound.scan(table)).filter((row) => !rows.some(({ id }) => id === row.id)), ...rows];
      },
    }),
  ],
  'works on after close': [
    'nothing can be done after close',
    (sound) => ({ get: (table, ids) => sound.get(table, ids).catch(() => []) }),
  ],
  'cuts off what is under way when it closes': [
    'close lets the commits issued before it settle',
    (sound) => {
      let closed = false;
      return {
        commit: async (writes) => {
          await Promise.resolve();
          if (closed) throw new Error('closed');
          return sound.commit(writes);
        },
        close: () => {
          closed = true;
          return sound.close();
        },
      };
    },
  ],
  'keeps what is destroyed': ['destroy leaves nothing behind', (sound) => ({ destroy: () => sound.close() })],
  'tells nobody what others moved': [
    'an adapter sees what another committed no later than its own next commit',
    (sound) => ({ open: (tables, signals) => sound.open(tables, { ...signals, changed: () => undefined }) }),
  ],
  'hides a table that it did not know at first': [
    'rows of a table that an older release does not know are kept',
    (sound, store) => ({
      open: (tables, signals) => {
        if (!('tags' in tables)) store.entries = [];
        return sound.open(tables, signals);
      },
    }),
  ],
  'overwrites twice in one commit': [
    'two writes to one row in one commit are refused',
    (sound) => ({
      commit: (writes) =>
        sound.commit([...new Map(writes.map((write) => [`${write.table}/${write.id}`, write])).values()]),
    }),
  ],
  'stores what it has only when it closes': [
    'what was committed is there though nobody closed',
    (sound, store) => {
      const held: LogEntry[] = [];
      return {
        commit: async (writes) => {
          const result = await sound.commit(writes);
          held.push(...store.entries.splice(-1));
          return result;
        },
        close: async () => {
          await sound.close();
          store.entries.push(...held.splice(0));
        },
      };
    },
  ],
  'writes one table and, a moment later, the next': [
    'a commit under way is seen whole or not at all by who opens meanwhile',
    (sound) => ({
      commit: async (writes) => {
        await sound.commit(writes.filter(({ table }) => table === 'notes'));
        await new Promise((resolve) => setTimeout(resolve, 1));
        return sound.commit(writes.filter(({ table }) => table !== 'notes'));
      },
    }),
  ],
  'does not look at what a commit has read': [
    'of two commits that each read what the other writes one gets through',
    (sound) => ({ commit: (writes) => sound.commit(writes) }),
  ],
  'checks one row after the other': [
    'what is moved between rows of two tables is neither lost nor doubled',
    (sound) => ({
      commit: async (writes) => {
        for (const write of writes.slice(0, -1)) await sound.commit([write]);
        return sound.commit(writes.slice(-1));
      },
    }),
  ],
  'sorts by code point': [
    'halves of pairs, and the ends of what there is, lie where their code units do',
    (sound) => ({
      scan: async (table, options) => {
        const rows = await sound.scan(table, options);
        const isText = ({ value }: StoredRow) => typeof (value as { due?: unknown }).due === 'string';
        const texts = rows.filter(isText).sort((a, b) => byCodePoint(dueOf(a), dueOf(b)));
        return [...rows.filter((row) => !isText(row)), ...texts];
      },
    }),
  ],
  'hands out rows that it changes later': [
    'rows that were read do not change under the reader',
    (sound) => {
      const handedOut = new Map<string, StoredRow>();
      return {
        get: async (table, ids) => {
          const rows = await sound.get(table, ids);
          return rows.map((row) => {
            if (row === undefined) return undefined;
            const shared = Object.assign(handedOut.get(row.id) ?? { ...row }, row);
            handedOut.set(row.id, shared);
            return shared;
          });
        },
        commit: async (writes) => {
          const result = await sound.commit(writes);
          for (const { id, value } of writes) Object.assign(handedOut.get(id) ?? {}, { value });
          return result;
        },
      };
    },
  ],
};

const brokenDevices: Record<string, readonly [caughtBy: string, flaw: Flaw<LogDevice>]> = {
  'appends wherever the head is': [
    'an append that is not at the head is refused and changes nothing',
    (sound, store) => ({ append: (payload) => sound.append(payload, { after: headOf(store) }) }),
  ],
  'takes the last entry for the head': [
    'positions go on after everything was compacted, and after a restart',
    (_, store) => ({
      append: async (payload, { after }) => {
        if ((store.entries.at(-1)?.position ?? after) !== after) return false;
        store.entries.push({ position: after + 1, payload });
        return true;
      },
    }),
  ],
  'checks the head before it waits': [
    'of two appends at one position one gets it, on one device or on two',
    (_, store) => ({
      append: async (payload, { after }) => {
        if (headOf(store) !== after) return false;
        await Promise.resolve();
        store.entries.push({ position: after + 1, payload });
        return true;
      },
    }),
  ],
  'acknowledges before it stores': [
    'entries survive closing and opening',
    (sound, store) => {
      let unwritten = 0;
      return {
        append: async (payload, options) => {
          const taken = await sound.append(payload, options);
          if (taken) unwritten = 1;
          return taken;
        },
        close: async () => {
          store.entries = store.entries.slice(0, store.entries.length - unwritten);
          unwritten = 0;
          await sound.close();
        },
      };
    },
  ],
  'keeps one entry a line': [
    'any text survives',
    (sound) => ({ append: (payload, options) => sound.append(payload.split('\n')[0] ?? '', options) }),
  ],
  'drops the whole log for a snapshot': [
    'a snapshot stands for the entries up to its position, and only those',
    (sound, store) => ({
      compact: async (snapshot, upTo) => {
        const done = await sound.compact(snapshot, upTo);
        if (done) store.entries = [];
        return done;
      },
    }),
  ],
  'takes any snapshot': [
    'a newer snapshot replaces the older; an older one is declined',
    (_, store) => ({
      compact: async (chunks, upTo) => {
        store.snapshot = { upTo, chunks };
        return true;
      },
    }),
  ],
  'hands out the snapshot each time': [
    'a snapshot stands for the entries up to its position, and only those',
    (sound, store) => ({
      read: async (after) => ({
        ...(await sound.read(after)),
        ...(store.snapshot && { snapshot: store.snapshot }),
      }),
    }),
  ],
  'reads from a copy of its own': [
    'a device sees what another appended before its read',
    (sound) => {
      const copy = new Map<number, Awaited<ReturnType<LogDevice['read']>>>();
      return {
        read: async (after) => {
          const contents = copy.get(after) ?? (await sound.read(after));
          copy.set(after, contents);
          return contents;
        },
        open: async (signals) => {
          await sound.open(signals);
          for (const after of [0, 1]) copy.set(after, await sound.read(after));
        },
      };
    },
  ],
  'stores nothing of an append that fails, and forgets to say so': [
    'a commit stopped after its append is there, and the adapter finds it',
    (_, store) => ({ append: async (_payload, { after }) => headOf(store) === after }),
  ],
  'writes over an entry that was cut short': [
    'an entry that was cut short at the end is left out',
    (sound, store) => ({
      compact: async () => true,
      open: async (signals) => {
        store.entries = store.entries.filter(({ payload }) => payload !== '');
        await sound.open(signals);
      },
    }),
  ],
  'drops what it cannot read': [
    'a damaged entry is reported, kept aside, and takes no other row with it',
    (sound) => ({
      read: async (after) => {
        const { entries, ...rest } = await sound.read(after);
        return { ...rest, entries: entries.filter(({ payload }) => !payload.includes('b?')) };
      },
    }),
  ],
  'keeps what is destroyed': ['destroy leaves nothing behind', (sound) => ({ destroy: () => sound.close() })],
  'works on after close': [
    'nothing can be done after close, which may be called twice',
    (sound) => ({ read: (after) => sound.read(after).catch(() => ({ entries: [] })) }),
  ],
};

describe('storageCases', () => {
  it.each(Object.entries(brokenStorages))('catch a storage that %s', async (_, [caughtBy, flaw]) => {
    const sound = storageSetup(() => ({}));
    await expectCaught(storageCases, caughtBy, { sound, broken: storageSetup(flaw) });
  });

  it('have names of their own', () => {
    const names = [...storageCases, ...logDeviceCases].map(({ name }) => name);
    expect(new Set(storageCases.map(({ name }) => name)).size).toBe(storageCases.length);
    expect(new Set(logDeviceCases.map(({ name }) => name)).size).toBe(logDeviceCases.length);
    expect(names.every((name) => name.length > 10)).toBe(true);
  });
});

describe('logDeviceCases', () => {
  it.each(Object.entries(brokenDevices))('catch a device that %s', async (_, [caughtBy, flaw]) => {
    const sound = deviceSetup(() => ({}));
    await expectCaught(logDeviceCases, caughtBy, { sound, broken: deviceSetup(flaw) });
  });
});

function storageSetup(flaw: Flaw<StorageAdapter>): StorageSetup {
  const store = createMemoryStore();
  return () => {
    const storage = memoryStorage({ store });
    const sound: StorageAdapter = {
      open: (tables, signals) => storage.open(tables, signals),
      get: (table, ids) => storage.get(table, ids),
      scan: (table, options) => storage.scan(table, options),
      commit: (writes, reads) => storage.commit(writes, reads),
      close: () => storage.close(),
      destroy: () => storage.destroy(),
    };
    return { ...sound, ...flaw(sound, store) };
  };
}

function deviceSetup(flaw: Flaw<LogDevice>): LogDeviceSetup {
  const store = createMemoryStore();
  return () => {
    const sound = memoryDevice(store);
    return { ...sound, ...flaw(sound, store) };
  };
}

function headOf({ entries, snapshot }: MemoryStore): number {
  return entries.at(-1)?.position ?? snapshot?.upTo ?? 0;
}

function dueOf({ value }: StoredRow): string {
  return String((value as { due?: unknown }).due);
}

/** As databases do that keep text in UTF-8. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (const [at, character] of left.entries()) {
    const difference = character.codePointAt(0)! - (right[at]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
