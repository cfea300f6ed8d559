import fc from 'fast-check';
import { idbDevice } from 'syncline/storage/idb';
import type { LogContents, LogDevice } from 'syncline';
import { expect } from 'vitest';

/** A case over a database of this name, which is not there yet. */
export interface PlaceCase {
  readonly name: string;
  readonly run: (database: string) => Promise<void>;
}

/** What must hold of an `idbDevice` where entries were stored at places that were taken. */
export const placeCases: readonly PlaceCase[] = [
  {
    name: 'entries that missed their place are not read, and the next ones take theirs',
    run: (name) =>
      withDevices(name, 2, async ([device, other]) => {
        expect(await device.append('a', { after: 0 })).toBe(true);
        await leaveMisplaced(name, [0, 0, 0]);
        expect(textsOf(await device.read(0))).toEqual(['a']);
        expect(await device.append('b', { after: 1 })).toBe(true);
        expect(await other.read(1)).toEqual({ entries: [{ position: 2, payload: 'b' }] });
        for (const after of [2, 3, 4, 5, 6]) expect(await other.append('c', { after })).toBe(true);
        expect(textsOf(await device.read(0))).toEqual(['a', 'b', 'c', 'c', 'c', 'c', 'c']);
      }),
  },
  {
    name: 'nobody reads what a tab stored that a compaction had passed',
    run: (name) =>
      withDevices(name, 2, async ([device, lagging]) => {
        await device.append('a', { after: 0 });
        await lagging.read(0);
        for (const after of [1, 2]) await device.append('b', { after });
        await device.compact(['all'], 3);
        expect(await lagging.append('too late', { after: 1 })).toBe(false);
        expect(await lagging.read(1)).toEqual({ snapshot: { upTo: 3, chunks: ['all'] }, entries: [] });
        expect(await device.append('d', { after: 3 })).toBe(true);
        expect(await lagging.read(3)).toEqual({ entries: [{ position: 4, payload: 'd' }] });
      }),
  },
  {
    name: 'of appends at one place at once one gets it, time after time',
    run: (name) =>
      withDevices(name, 3, async (devices) => {
        for (let after = 0; after < 30; after++) {
          const outcomes = await Promise.all(
            devices.map((device, who) => device.append(`${who}`, { after })),
          );
          expect(outcomes.filter(Boolean)).toHaveLength(1);
          for (const device of devices)
            expect(textsOf(await device.read(after))).toEqual([`${outcomes.indexOf(true)}`]);
        }
      }),
  },
  {
    name: 'an append at a place that is not there yet is refused, however often',
    run: (name) =>
      withDevices(name, 2, async (devices) => {
        for (const device of [...devices, ...devices])
          expect(await device.append('x', { after: 1 })).toBe(false);
        expect(await devices[0].append('a', { after: 0 })).toBe(true);
        expect(await devices[1].read(0)).toEqual({ entries: [{ position: 1, payload: 'a' }] });
      }),
  },
  {
    name: 'a log whose store does not count is read, and carried on',
    async run(name) {
      await createUncounted(name);
      await withDevices(name, 2, async ([device, other]) => {
        expect(textsOf(await device.read(0))).toEqual(['a', 'b']);
        expect(await device.append('c', { after: 2 })).toBe(true);
        expect(await other.append('too late', { after: 2 })).toBe(false);
        expect(await other.append('d', { after: 3 })).toBe(true);
        expect(textsOf(await device.read(0))).toEqual(['a', 'b', 'c', 'd']);
      });
    },
  },
  {
    name: 'tabs that append, lag, compact and die keep one log',
    run: async (name) => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), (steps) =>
          withDevices(`${name} ${runs++}`, tabs, (devices) =>
            keepOneLog(`${name} ${runs - 1}`, devices, steps),
          ),
        ),
        { numRuns: 25 },
      );
    },
  },
];

const tabs = 3;
const step = fc.record({
  kind: fc.constantFrom('append', 'append', 'append', 'race', 'compact', 'die'),
  who: fc.nat(tabs - 1),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Each tab goes by what it has read, as `logStorage` does; the log goes by who came first. */
async function keepOneLog(
  name: string,
  devices: readonly LogDevice[],
  steps: readonly Step[],
): Promise<void> {
  const heads = devices.map(() => 0);
  let written = 0;
  const append = async (who: number) => {
    const after = heads[who] ?? 0;
    const isHead = after === written;
    if (await devices[who]?.append(`${after + 1}`, { after })) {
      written = Math.max(written, after + 1);
      heads[who] = after + 1;
      return { isHead, added: true };
    }
    const contents = await devices[who]?.read(after);
    heads[who] = contents?.entries.at(-1)?.position ?? contents?.snapshot?.upTo ?? after;
    return { isHead, added: false };
  };
  for (const { kind, who } of steps) {
    const other = (who + 1) % tabs;
    if (kind === 'append') {
      const { isHead, added } = await append(who);
      expect(added).toBe(isHead);
      if (!added) expect(heads[who]).toBe(written);
    } else if (kind === 'race') {
      const rivals = [who, other].filter((each) => heads[each] === written).length;
      const outcomes = await Promise.all([append(who), append(other)]);
      expect(outcomes.filter(({ added }) => added)).toHaveLength(Math.min(1, rivals));
    } else if (kind === 'compact') await devices[who]?.compact([`${heads[who]}`], heads[who] ?? 0);
    else if (written > 0) await leaveMisplaced(name, [written - 1, 0]);
  }
  for (const device of devices) {
    const { snapshot, entries } = await device.read(0);
    const upTo = snapshot?.upTo ?? 0;
    expect(snapshot?.chunks ?? []).toEqual(snapshot === undefined ? [] : [`${upTo}`]);
    const rest = Array.from({ length: written - upTo }, (_, at) => upTo + at + 1);
    expect(entries).toEqual(rest.map((position) => ({ position, payload: `${position}` })));
  }
}

type Devices = readonly [LogDevice, LogDevice, ...LogDevice[]];

async function withDevices(
  name: string,
  count: number,
  work: (devices: Devices) => Promise<void>,
): Promise<void> {
  const devices = Array.from({ length: count }, () => idbDevice({ name }));
  for (const device of devices) {
    await device.open();
    await device.read(0);
  }
  try {
    await work(devices as unknown as Devices);
  } finally {
    for (const device of devices) await device.close();
    await devices[0]?.destroy();
  }
}

function textsOf({ entries }: LogContents): string[] {
  return entries.map(({ payload }) => payload);
}

/** What tabs leave behind that die before they know which places their entries got. */
async function leaveMisplaced(name: string, meantToFollow: readonly number[]): Promise<void> {
  await inLog(name, (log) => {
    for (const after of meantToFollow) log.add(['ghost', 'boo', after]);
  });
}

async function inLog(name: string, work: (log: IDBObjectStore) => void): Promise<void> {
  const db = await promised(indexedDB.open(name));
  const transaction = db.transaction('log', 'readwrite');
  work(transaction.objectStore('log'));
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  db.close();
}

/** A log of two entries, as it was made before the store counted. */
async function createUncounted(name: string): Promise<void> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    const log = opening.result.createObjectStore('log');
    log.put('its epoch', 'epoch');
    log.put(['t.0', 'a'], 1);
    log.put(['t.1', 'b'], 2);
    opening.result.createObjectStore('chunks', { autoIncrement: true });
  };
  (await promised(opening)).close();
}

function promised<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no reason given'));
  });
}
