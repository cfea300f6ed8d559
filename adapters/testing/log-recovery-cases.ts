import { exportLog, isSyncError, SyncError, type StorageAdapter, type StorageSignals } from 'syncline';
import { holds, same } from './check.js';
import { deviceCase, type LogDeviceCase, type Tamper } from './log-device-world.js';
import { idsOf } from './storage-world.js';

type Loss = Parameters<NonNullable<StorageSignals['lost']>>[0];

const stopped = () => new SyncError('internal', 'the process stopped here');

/** What `logStorage` must come back to when it was stopped, or found its log damaged, over this device. */
export const logRecoveryCases: readonly LogDeviceCase[] = [
  deviceCase('a commit stopped before its append is not there', async (world) => {
    const storage = await world.storage({}, () => Promise.reject(stopped()));
    holds(await fails(put(storage, 'a')), 'the commit resolved');
    same(await storage.scan('notes'), [], 'rows of the adapter that failed');
    same(await idsOf(await world.storage(), 'notes'), [], 'rows after a restart');
  }),

  deviceCase('a commit stopped after its append is there, and the adapter finds it', async (world) => {
    let stops = true;
    const storage = await world.storage({}, async (payload, append) => {
      const taken = await append(payload);
      if (stops) throw stopped();
      return taken;
    });
    holds(await fails(put(storage, 'a')), 'the commit resolved');
    same(await storage.scan('notes'), [], 'rows of the adapter that failed');
    same(await idsOf(await world.storage(), 'notes'), ['a'], 'rows after a restart');
    stops = false;
    await put(storage, 'b');
    same(await idsOf(storage, 'notes'), ['a', 'b'], 'rows after the next commit');
  }),

  deviceCase('an entry that was cut short at the end is left out', async (world) => {
    for (const kept of [0, 1, 16, 17, 40]) {
      const losses: Loss[] = [];
      const id = `after ${kept}`;
      await put(await world.storage(), `before ${kept}`);
      const torn = await world.storage({}, cutTo(kept));
      holds(await fails(put(torn, 'torn')), 'the commit resolved');
      await torn.close();
      const storage = await world.storage({ lost: (loss) => losses.push(loss) });
      holds(!(await idsOf(storage, 'notes')).includes('torn'), 'the torn row is there');
      await put(storage, id);
      await storage.close();
      const again = await world.storage({ lost: (loss) => losses.push(loss) });
      holds((await idsOf(again, 'notes')).includes(id), 'the row after the torn one is not there');
      same(losses, [], 'losses reported for an entry that nobody was told of');
      await again.close();
    }
    same((await idsOf(await world.storage(), 'notes')).length, 10, 'number of rows');
  }),

  deviceCase('a damaged entry is reported, kept aside, and takes no other row with it', async (world) => {
    const writer = await world.storage({}, damaging('b'));
    for (const id of ['a', 'b', 'c']) await put(writer, id);
    const { revision } = await put(writer, 'd');
    await writer.close();
    const losses: Loss[] = [];
    const storage = await world.storage({ lost: (loss) => losses.push(loss) });
    same(await idsOf(storage, 'notes'), ['a', 'c', 'd'], 'rows');
    same(
      losses.map(({ quarantined }) => quarantined),
      [1],
      'losses',
    );
    const [kept] = await storage.scan('$quarantine');
    holds(JSON.stringify(kept?.value).includes('b?'), 'the damaged text is not in $quarantine');
    holds((await put(storage, 'e')).revision > revision, 'a revision was used twice');
    await storage.close();
    const again = await world.storage({ lost: (loss) => losses.push(loss) });
    same(await idsOf(again, 'notes'), ['a', 'c', 'd', 'e'], 'rows after another restart');
    same((await again.scan('$quarantine')).length, 1, 'rows in $quarantine after another restart');
    same(losses.length, 1, 'reports of one damage');
  }),

  deviceCase('a damaged chunk of the snapshot is reported, and the rest is kept', async (world) => {
    const writer = await world.storage();
    await put(writer, 'a');
    await writer.close();
    const device = await world.open();
    await device.compact(['1 nothing that a storage wrote'], 1);
    const losses: Loss[] = [];
    const storage = await world.storage({ lost: (loss) => losses.push(loss) });
    same(
      losses.map(({ quarantined }) => quarantined),
      [1],
      'losses',
    );
    await put(storage, 'b');
    await storage.close();
    same(await idsOf(await world.storage(), 'notes'), ['b'], 'rows after a restart');
  }),

  deviceCase('a damaged snapshot is reported once, though nothing is written after it', async (world) => {
    const writer = await world.storage();
    await put(writer, 'a');
    await writer.close();
    const device = await world.open();
    await device.compact(['1 nothing that a storage wrote'], 1);
    await device.close();
    const losses: Loss[] = [];
    for (let restart = 0; restart < 3; restart++) {
      const storage = await world.storage({ lost: (loss) => losses.push(loss) });
      same((await storage.scan('$quarantine')).length, 1, 'rows in $quarantine');
      await storage.close();
    }
    same(losses.length, 1, 'reports of one damage');
    await put(await world.storage(), 'b');
    same(await idsOf(await world.storage(), 'notes'), ['b'], 'rows after a commit');
  }),

  deviceCase('a damaged log can be exported, and is as it was afterwards', async (world) => {
    const writer = await world.storage({}, damaging('b'));
    for (const id of ['a', 'b', 'c']) await put(writer, id);
    await writer.close();
    const before = await (await world.open()).read(0);
    const { tables, unreadable } = await exportLog(world.create());
    same(
      tables['notes']?.map(({ id }) => id),
      ['a', 'c'],
      'rows',
    );
    same([unreadable.length, unreadable[0]?.text], [1, before.entries[1]?.payload], 'what is unreadable');
    same(await (await world.open()).read(0), before, 'contents after the export');
  }),

  deviceCase(
    'an entry of a newer release is refused, left as it is, and the others exported',
    async (world) => {
      const writer = await world.storage({}, ofNewerRelease('b'));
      for (const id of ['a', 'b', 'c']) await put(writer, id);
      await writer.close();
      const before = await (await world.open()).read(0);
      const code = await world.storage().then(
        () => 'it opened',
        (error: unknown) => (isSyncError(error) ? error.code : String(error)),
      );
      same(code, 'version', 'what opening it came to');
      const { tables, unreadable } = await exportLog(world.create());
      same(
        tables['notes']?.map(({ id }) => id),
        ['a', 'c'],
        'rows',
      );
      same(unreadable, [{ place: 'entry 2', text: before.entries[1]?.payload }], 'what is unreadable');
      same(await (await world.open()).read(0), before, 'contents afterwards');
    },
  ),
];

function put(storage: StorageAdapter, id: string): Promise<{ readonly revision: number }> {
  return storage.commit([{ table: 'notes', id, value: { due: id } }]);
}

function fails(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => false,
    () => true,
  );
}

/** Stores only the first characters, and stops there. */
function cutTo(length: number): Tamper {
  return async (payload, append) => {
    await append(payload.slice(0, length));
    throw stopped();
  };
}

/** Changes one character of the entry that writes this id, and nobody notices. */
function damaging(id: string): Tamper {
  return (payload, append) =>
    append(payload.replace(`"${id}"]`, `"${id}?`).replace(`{"due":"${id}"}`, `{"due":"${id}?"}`));
}

/** Writes the entry that holds this id in a format that comes later. */
function ofNewerRelease(id: string): Tamper {
  return (payload, append) => append(payload.includes(`"${id}"`) ? payload.replace('1', '2') : payload);
}
