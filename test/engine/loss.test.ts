import type { ClientEvent, StorageAdapter, StorageSignals, SyncClient } from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { expect, test } from 'vitest';
import { createWorld, task } from '../support/world.js';

function eventsOf(client: SyncClient): ClientEvent[] {
  const events: ClientEvent[] = [];
  client.events$.subscribe((event) => events.push(event));
  return events;
}

test('a store that is wiped while it is open is reported as lost, and nothing is acknowledged any more', async () => {
  const world = createWorld();
  const store = createMemoryStore();
  const phone = await world.device({ storage: memoryStorage({ store }) });
  await phone.collection(task).create({ id: 't1', title: 'Etude' });
  const events = eventsOf(phone);

  store.entries = [];
  await expect(phone.collection(task).create({ id: 't2', title: 'Scale' })).rejects.toMatchObject({
    code: 'storage-corrupt',
  });
  expect(events.map(({ kind }) => kind)).toContain('storage-lost');
  expect(JSON.parse(phone.outbox.export())).toMatchObject({ entries: [{ operation: { entityId: 't1' } }] });
  await world.close();
});

test('damage that is found while the store is open is reported, and everything is pulled again', async () => {
  const world = createWorld();
  let signals: StorageSignals = {};
  const memory = memoryStorage();
  const storage: StorageAdapter = {
    ...bound(memory),
    open: (layout, given) => memory.open(layout, (signals = given ?? {})),
  };
  const phone = await world.device({ storage });
  await phone.collection(task).create({ id: 't1', title: 'Etude' });
  await phone.sync();
  const events = eventsOf(phone);

  signals.lost?.({ reason: 'unreadable: entry 7', quarantined: 1 });
  await phone.sync();
  expect(events).toContainEqual({ kind: 'storage-lost', reason: 'unreadable: entry 7', quarantined: 1 });
  expect(events.filter(({ kind }) => kind === 'identity-changed')).toHaveLength(1);
  expect(events).toContainEqual({ kind: 'pulled', changes: 1, reset: false });
  expect(await phone.collection(task).get('t1')).toMatchObject({ title: 'Etude' });
  await world.close();
});

function bound(storage: StorageAdapter): StorageAdapter {
  return {
    open: (...given) => storage.open(...given),
    get: (...given) => storage.get(...given),
    scan: (...given) => storage.scan(...given),
    commit: (...given) => storage.commit(...given),
    close: () => storage.close(),
    destroy: () => storage.destroy(),
  };
}
