import { logStorage } from 'syncline';
import { logDamageCases, logDeviceCases, storageCases, type LogMedium } from 'syncline/testing';
import { describe, expect, it, test } from 'vitest';
import { emptyShelf, shelfDevice } from '../../examples/custom-device/device.js';
import { spoil } from '../adapters/storage/media.js';

function mediumOf(map: Map<string, string>): LogMedium {
  return {
    contents: async () => Object.fromEntries(map),
    async change(part) {
      for (const [key, text] of map) map.set(key, spoil(text, part));
    },
    async cut(characters) {
      const last = [...map.keys()].findLast((key) => key.startsWith('entry ')) ?? '';
      map.set(last, (map.get(last) ?? '').slice(0, -characters));
    },
    usurp: async () => void map.set('log', 'Dear diary'),
    outdate: async () => void map.set('log', '{"format":2}'),
  };
}

describe('the example of a log device', () => {
  test.each(storageCases)('$name', async ({ run }) => {
    const shelf = emptyShelf();
    await run(() => logStorage(shelfDevice(shelf)));
  });

  test.each(logDeviceCases)('$name', async ({ run }) => {
    const shelf = emptyShelf();
    await run(() => shelfDevice(shelf));
  });

  test.each(logDamageCases)('$name', async ({ run }) => {
    const map = new Map<string, string>();
    // Whoever damages it does so between two processes.
    await run({ create: () => shelfDevice(emptyShelf(map)), medium: mediumOf(map) });
  });

  it('loses nothing when it is stopped between any two calls to the store', async () => {
    for (let calls = 0, whole = false; !whole; calls++) {
      const map = new Map<string, string>();
      const shelf = emptyShelf(map);
      const { texts } = shelf;
      let left = calls;
      const orStop = <T>(change: () => Promise<T>): Promise<T> =>
        left-- > 0 ? change() : Promise.reject(new Error('the process stopped here'));
      const stopping = shelfDevice({
        ...shelf,
        texts: {
          ...texts,
          set: (key, text) => orStop(() => texts.set(key, text)),
          delete: (key) => orStop(() => texts.delete(key)),
        },
      });
      await stopping.open();
      let acknowledged = 0;
      const use = async () => {
        for (let after = 0; after < 8; after++) {
          await stopping.append(`${after}`, { after });
          acknowledged++;
          if (after % 3 === 2) await stopping.compact([`up to ${after}`, `and ${after}`], after);
        }
      };
      whole = await use().then(
        () => true,
        () => false,
      );
      const reader = shelfDevice(emptyShelf(map));
      await reader.open();
      const { snapshot, entries } = await reader.read(0);
      const { upTo, chunks } = snapshot ?? { upTo: 0, chunks: [] };
      expect(chunks).toEqual(upTo === 0 ? [] : [`up to ${upTo}`, `and ${upTo}`]);
      expect(upTo + entries.length).toBeGreaterThanOrEqual(acknowledged);
      expect(entries).toEqual(entries.map((_, at) => ({ position: upTo + at + 1, payload: `${upTo + at}` })));
    }
  });
});
