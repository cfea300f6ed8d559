import { rejects, same } from './check.js';
import { deviceCase, fill, type LogDeviceCase } from './log-device-world.js';
import { logRecoveryCases } from './log-recovery-cases.js';

const awkwardPayloads = [
  '',
  ' ',
  'a\nb\r\nc',
  '\u0000',
  '"quoted" \\',
  'ä😀～\u2028',
  '{"json":[1,null]}',
  'x'.repeat(1_000_000),
];

const logCases: readonly LogDeviceCase[] = [
  deviceCase('a new log is empty', async (world) => {
    const device = await world.open();
    same(await device.read(0), { entries: [] }, 'contents');
    same(await device.read(7), { entries: [] }, 'contents past the end');
  }),

  deviceCase('entries are read back in order, after the position asked for', async (world) => {
    const device = await world.open();
    await fill(device, ['a', 'b', 'c']);
    const all = [
      { position: 1, payload: 'a' },
      { position: 2, payload: 'b' },
      { position: 3, payload: 'c' },
    ];
    for (const after of [0, 1, 2, 3, 4])
      same(await device.read(after), { entries: all.slice(after) }, `after ${after}`);
  }),

  deviceCase('any text survives', async (world) => {
    const device = await world.open();
    await fill(device, awkwardPayloads);
    await device.close();
    const { entries } = await (await world.open()).read(0);
    same(
      entries.map(({ payload }) => payload),
      awkwardPayloads,
      'payloads',
    );
    await (await world.open()).compact(awkwardPayloads, awkwardPayloads.length);
    same((await (await world.open()).read(0)).snapshot?.chunks, awkwardPayloads, 'chunks');
  }),

  deviceCase('an append that is not at the head is refused and changes nothing', async (world) => {
    const device = await world.open();
    same(await device.append('too far', { after: 1 }), false, 'an append past the head of an empty log');
    await fill(device, ['a', 'b']);
    for (const after of [0, 1, 3, 9])
      same(await device.append('no', { after }), false, `an append after ${after}`);
    for (const reader of [device, await world.open()]) {
      same(
        (await reader.read(0)).entries,
        [
          { position: 1, payload: 'a' },
          { position: 2, payload: 'b' },
        ],
        'entries',
      );
    }
    await fill(device, ['c'], 2);
  }),

  deviceCase('of two appends at one position one gets it, on one device or on two', async (world) => {
    const [one, other] = [await world.open(), await world.open()];
    for (let after = 0; after < 10; after++) {
      const writers = after % 2 === 0 ? [one, other] : [one, one];
      const taken = await Promise.all(
        writers.map((device, who) => device.append(`${after}-${who}`, { after })),
      );
      same(taken.filter((got) => got).length, 1, `number of appends that got position ${after + 1}`);
      const { entries } = await (await world.open()).read(after);
      same(entries, [{ position: after + 1, payload: `${after}-${taken.indexOf(true)}` }], 'the entry');
    }
  }),

  deviceCase('entries survive closing and opening', async (world) => {
    let device = await world.open();
    for (let after = 0; after < 4; after++) {
      await fill(device, [`e${after}`], after);
      await device.close();
      device = await world.open();
    }
    same(
      (await device.read(0)).entries.map(({ payload }) => payload),
      ['e0', 'e1', 'e2', 'e3'],
      'payloads',
    );
  }),

  deviceCase('a device sees what another appended before its read', async (world) => {
    const [one, other] = [await world.open(), await world.open()];
    await fill(one, ['a']);
    same((await other.read(0)).entries, [{ position: 1, payload: 'a' }], 'entries');
    await fill(other, ['b'], 1);
    same((await one.read(1)).entries, [{ position: 2, payload: 'b' }], 'entries after the first');
  }),

  deviceCase('a snapshot stands for the entries up to its position, and only those', async (world) => {
    const device = await world.open();
    await fill(device, ['a', 'b', 'c']);
    same(await device.compact(['chunk 1', 'chunk 2'], 2), true, 'compact');
    const snapshot = { upTo: 2, chunks: ['chunk 1', 'chunk 2'] };
    const entries = [{ position: 3, payload: 'c' }];
    for (const reader of [device, await world.open()]) {
      same(await reader.read(0), { snapshot, entries }, 'contents from the start');
      same(await reader.read(1), { snapshot, entries }, 'contents from inside the snapshot');
      same(await reader.read(2), { entries }, 'contents from the end of the snapshot');
      same(await reader.read(3), { entries: [] }, 'contents from the end');
    }
    await fill(device, ['d'], 3);
  }),

  deviceCase('a newer snapshot replaces the older; an older one is declined', async (world) => {
    const device = await world.open();
    await fill(device, ['a', 'b', 'c', 'd']);
    same(await device.compact(['two'], 2), true, 'the first snapshot');
    same(await device.compact(['three', 'and more'], 3), true, 'a newer one');
    const contents = {
      snapshot: { upTo: 3, chunks: ['three', 'and more'] },
      entries: [{ position: 4, payload: 'd' }],
    };
    for (const upTo of [1, 2, 3]) same(await device.compact(['old'], upTo), false, `one up to ${upTo}`);
    same(await (await world.open()).read(0), contents, 'contents');
  }),

  deviceCase('a reader from before a compaction cannot append', async (world) => {
    const [one, stale] = [await world.open(), await world.open()];
    await fill(one, ['a', 'b', 'c']);
    await stale.read(0);
    await fill(one, ['d', 'e'], 3);
    same(await one.compact(['all'], 5), true, 'compact');
    for (const after of [0, 2, 3, 4])
      same(await stale.append('no', { after }), false, `an append after ${after}`);
    same(await stale.read(3), { snapshot: { upTo: 5, chunks: ['all'] }, entries: [] }, 'contents');
    await fill(stale, ['f'], 5);
    same((await one.read(5)).entries, [{ position: 6, payload: 'f' }], 'entries after the snapshot');
  }),

  deviceCase('positions go on after everything was compacted, and after a restart', async (world) => {
    const device = await world.open();
    await fill(device, ['a', 'b']);
    await device.compact(['all'], 2);
    await device.close();
    const again = await world.open();
    for (const after of [0, 1]) same(await again.append('no', { after }), false, `an append after ${after}`);
    await fill(again, ['c'], 2);
    same((await again.read(2)).entries, [{ position: 3, payload: 'c' }], 'entries');
  }),

  deviceCase('appends and compactions of two devices at once lose nothing', async (world) => {
    const [writer, compactor] = [await world.open(), await world.open()];
    for (let after = 0; after < 30; after++) {
      const appended = writer.append(`${after}`, { after });
      const compacted =
        after % 5 === 4 ? compactor.compact([`up to ${after}`], after) : Promise.resolve(false);
      same(await appended, true, `append ${after}`);
      await compacted;
    }
    const { snapshot, entries } = await (await world.open()).read(0);
    same(snapshot, { upTo: 29, chunks: ['up to 29'] }, 'snapshot');
    same(entries, [{ position: 30, payload: '29' }], 'entries');
  }),

  deviceCase('nothing can be done after close, which may be called twice', async (world) => {
    await world.create().close();
    const device = await world.open();
    await Promise.all([device.close(), device.close()]);
    await device.close();
    await rejects(device.read(0), 'storage-closed', 'read');
    await rejects(device.append('a', { after: 0 }), 'storage-closed', 'append');
    await rejects(device.compact(['a'], 1), 'storage-closed', 'compact');
  }),

  deviceCase('destroy leaves nothing behind', async (world) => {
    const device = await world.open();
    await fill(device, ['a', 'b']);
    await device.compact(['all'], 1);
    await device.destroy();
    await device.destroy();
    const fresh = await world.open();
    same(await fresh.read(0), { entries: [] }, 'contents');
    await fill(fresh, ['c']);
  }),
];

/**
 * What every `LogDevice` must do, alone and under `logStorage`.
 *
 * @example
 * ```ts
 * import { logDeviceCases } from 'syncline/testing';
 * import { createMemoryStore, memoryDevice } from 'syncline/storage/memory';
 *
 * for (const { run } of logDeviceCases) {
 *   const store = createMemoryStore();
 *   await run(() => memoryDevice(store));
 * }
 * ```
 */
export const logDeviceCases: readonly LogDeviceCase[] = [...logCases, ...logRecoveryCases];
