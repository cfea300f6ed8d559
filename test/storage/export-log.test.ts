import { exportLog, type LogDevice } from 'syncline';
import { createMemoryStore, memoryDevice, memoryStorage } from 'syncline/storage/memory';
import { expect, it } from 'vitest';
import { seal } from '../../src/storage/seal.js';

const layout = { notes: { indexes: {} }, tags: { indexes: {} } };

function world() {
  const store = createMemoryStore();
  const write = async (...ids: string[]) => {
    const storage = memoryStorage({ store });
    await storage.open(layout);
    for (const id of ids) {
      await storage.commit([
        { table: 'notes', id, value: { id } },
        { table: 'tags', id, value: 1 },
      ]);
    }
    await storage.close();
  };
  return { store, write };
}

it('has every table and row, without being told the layout', async () => {
  const { store, write } = world();
  await write('a', 'b');
  expect(await exportLog(memoryDevice(store))).toEqual({
    tables: {
      notes: [
        { id: 'a', revision: 1, value: { id: 'a' } },
        { id: 'b', revision: 2, value: { id: 'b' } },
      ],
      tags: [
        { id: 'a', revision: 1, value: 1 },
        { id: 'b', revision: 2, value: 1 },
      ],
      $quarantine: [],
    },
    unreadable: [],
  });
});

it('has what a snapshot and the entries hold around what a newer release wrote', async () => {
  const { store, write } = world();
  await write('a', 'b');
  const newer = `2${seal('["notes",["c",3,1]]').slice(1)}`;
  store.snapshot = { upTo: 2, chunks: [seal('["notes",["a",1,1]]'), newer, seal('[2,2]')] };
  store.entries = [{ position: 3, payload: seal('[3,[["notes",["d",1],[]]]]') }];
  const { tables, unreadable } = await exportLog(memoryDevice(store));
  expect(tables['notes']?.map(({ id }) => id)).toEqual(['a', 'd']);
  expect(unreadable).toEqual([{ place: 'chunk 1 of the snapshot of 2', text: newer }]);
});

it('says what is missing, and keeps what was put aside before', async () => {
  const { store, write } = world();
  await write('a', 'b', 'c', 'd');
  store.entries[1] = { position: 2, payload: seal('[').slice(0, -1) + 'x' };
  await write('e');
  store.entries = store.entries.filter(({ position }) => position !== 6);
  store.entries.push({ position: 7, payload: seal('[2000000,[["notes",["f",1],[]]]]') });
  const { tables, unreadable } = await exportLog(memoryDevice(store));
  expect(tables['notes']?.map(({ id }) => id)).toEqual(['a', 'c', 'd', 'e', 'f']);
  expect(tables['$quarantine']).toHaveLength(1);
  expect(unreadable).toEqual([{ place: 'entries 6 to 6' }]);
});

it('closes the device, also when it cannot be read', async () => {
  const { store } = world();
  const device = memoryDevice(store, {
    hooks: {
      beforeRead: () => {
        throw new Error('the disk is gone');
      },
    },
  });
  await expect(exportLog(device)).rejects.toThrow('the disk is gone');
  await expect(isClosed(device)).resolves.toBe(true);
});

function isClosed(device: LogDevice): Promise<boolean> {
  return device.append('x', { after: 0 }).then(
    () => false,
    () => true,
  );
}
