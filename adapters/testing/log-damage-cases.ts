import { exportLog, isSyncError, logStorage, type LogDevice } from 'syncline';
import { holds, same, type ConformanceCase } from './check.js';
import { DeviceWorld, fill } from './log-device-world.js';
import { idsOf } from './storage-world.js';

/** What a device stands on, in the hands of somebody who knows how the device uses it. No device is open meanwhile. */
export interface LogMedium {
  /** All that is there, to be compared. */
  contents(): Promise<unknown>;
  /** Changes one character of the stored text that holds this one. */
  change(part: string): Promise<void>;
  /** Takes this many characters off the end of what was appended last. */
  cut(characters: number): Promise<void>;
  /** Puts something there, under the name of the log, that no device has written. */
  usurp(): Promise<void>;
  /** Marks the log as one of a layout that comes later. */
  outdate(): Promise<void>;
}

export interface LogDamageSetup {
  /** Makes a device that is not open yet. All of one setup stand over one medium, which is empty at first. */
  readonly create: () => LogDevice;
  readonly medium: LogMedium;
}

export type LogDamageCase = ConformanceCase<LogDamageSetup>;

/** What a device that outlives its process must do with a medium that is not as it left it. */
export const logDamageCases: readonly LogDamageCase[] = [
  damageCase('a row changed on the medium is reported, kept aside and exported', async (world, medium) => {
    await written(world, ['a', 'b', 'c']);
    await medium.change('"b"');
    const { tables, unreadable } = await exportLog(world.create());
    same([tables['notes']?.map(({ id }) => id), unreadable.length], [['a', 'c'], 1], 'what is exported');
    const losses: number[] = [];
    const storage = await world.storage({ lost: ({ quarantined }) => losses.push(quarantined) });
    same([await idsOf(storage, 'notes'), losses], [['a', 'c'], [1]], 'rows, and losses reported');
    same((await storage.scan('$quarantine')).length, 1, 'rows kept aside');
  }),

  damageCase(
    'a log cut short on the medium opens with what came before, and goes on',
    async (world, medium) => {
      let ids = ['a', 'b', 'c'];
      await written(world, ids);
      for (const characters of [1, 5, 20]) {
        await medium.cut(characters);
        ids = ids.slice(0, -1);
        const storage = await world.storage();
        same(await idsOf(storage, 'notes'), ids, `rows after ${characters} characters were cut off`);
        ids.push(`after ${characters}`);
        await storage.commit([{ table: 'notes', id: `after ${characters}`, value: 1 }]);
        await storage.close();
        const again = await world.storage();
        same(await idsOf(again, 'notes'), [...ids].sort(), 'rows after the next commit');
        await again.close();
      }
    },
  ),

  damageCase('what is no log is refused, and left as it is', async (world, medium) => {
    await medium.usurp();
    await refused(world, medium, 'storage-corrupt');
  }),

  damageCase('a log of a newer layout is refused, and left as it is', async (world, medium) => {
    await written(world, ['a', 'b']);
    await medium.outdate();
    await refused(world, medium, 'version');
  }),

  damageCase('a damaged snapshot takes no entry after it along', async (world, medium) => {
    const device = await world.open();
    await fill(device, ['x', 'y']);
    await device.compact(['a chunk of nothing known', 'another one'], 2);
    await device.close();
    await written(world, ['a']);
    await medium.change('another one');
    const storage = await world.storage();
    same(await idsOf(storage, 'notes'), ['a'], 'rows');
    holds((await storage.scan('$quarantine')).length > 0, 'nothing was kept aside');
  }),
];

function damageCase(
  name: string,
  body: (world: DeviceWorld, medium: LogMedium) => Promise<void>,
): LogDamageCase {
  return {
    name,
    run: async ({ create, medium }) => {
      const world = new DeviceWorld(create);
      try {
        await body(world, medium);
      } finally {
        await world.close();
      }
    },
  };
}

async function written(world: DeviceWorld, ids: readonly string[]): Promise<void> {
  const storage = await world.storage();
  for (const id of ids) await storage.commit([{ table: 'notes', id, value: { due: id } }]);
  await storage.close();
}

async function refused(
  world: DeviceWorld,
  medium: LogMedium,
  code: 'storage-corrupt' | 'version',
): Promise<void> {
  const before = await medium.contents();
  for (const open of [
    () => world.open(),
    () => logStorage(world.create()).open({}),
    () => exportLog(world.create()),
  ]) {
    const outcome = await open().then(
      () => 'it opened',
      (error: unknown) => (isSyncError(error) ? error.code : String(error)),
    );
    same(outcome, code, 'what opening it came to');
  }
  same(await medium.contents(), before, 'what is on the medium');
}
