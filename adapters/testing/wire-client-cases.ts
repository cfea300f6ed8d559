import { createSyncClient, defaultRuntime, type Collection, type Runtime, type SyncClient } from 'syncline';
import { memoryStorage } from 'syncline/storage/memory';
import { httpTransport } from 'syncline/transport/http';
import { holds, same } from './check.js';
import { wireCase, type Wire, type WireCase } from './wire-world.js';
import { wireEntity, type WireRecord } from './wire-entity.js';

/** What devices see that sync over the server, each a real client. */
export const wireClientCases: readonly WireCase[] = [
  wireCase('devices that wrote while they were apart hold the same in the end', async (wire) => {
    const entity = wireEntity(wire.setup.entity);
    await withDevices(wire, 2, async (devices, add) => {
      const [phone, laptop] = devices.map((device) => device.collection(entity)) as [Notes, Notes];
      const ids = Array.from({ length: 4 }, () => wire.fresh());
      const [a, b, c, d] = ids as [string, string, string, string];
      await phone.createMany(ids.map((id) => ({ id, text: 'a', count: 0, tags: [], place: {} })));
      await settle(devices);
      await phone.update(a, { text: 'by phone', place: { city: 'Bonn' } });
      await laptop.update(a, { count: 7, place: { room: '3' } });
      await phone.update(b, { text: 'earlier' });
      await laptop.update(b, { text: 'later' });
      await phone.delete(c);
      await laptop.update(c, { text: 'not deleted?' });
      await laptop.delete(d);
      await settle(devices);

      devices.push(await add());
      await settle(devices);
      const [first, ...others] = await Promise.all(
        devices.map((device) => rowsOf(device.collection(entity), ids)),
      );
      for (const rows of others) same(rows, first, 'what a device holds');
      const text = (id: string) => (first as (WireRecord | null)[]).find((row) => row?.id === id)?.text;
      same([text(a), text(b), text(d)], ['by phone', 'later', undefined], 'texts');
      for (const device of devices) {
        const { state, pending, conflicts, deadLetters } = device.status();
        same(
          { state, pending, conflicts, deadLetters },
          { state: 'synced', pending: 0, conflicts: 0, deadLetters: 0 },
          'status',
        );
      }
    });
  }),

  wireCase('an answer that was lost does no harm', async (wire) => {
    const entity = wireEntity(wire.setup.entity);
    const losing = { ...wire, setup: { ...wire.setup, fetch: withoutEvery(3, wire) } };
    await withDevices(losing, 2, async (devices) => {
      const [phone, laptop] = devices.map((device) => device.collection(entity)) as [Notes, Notes];
      const id = wire.fresh();
      await phone.create({ id, text: 'a', count: 0, tags: [], place: {} });
      await settle(devices);
      for (let step = 1; step <= 3; step++) {
        await phone.increment(id, 'count', 1);
        await settle(devices);
      }
      await laptop.update(id, { text: 'b' });
      await settle(devices);
      for (const notes of [phone, laptop]) {
        const { text, count } = (await notes.get(id)) ?? {};
        same([text, count], ['b', 3], 'text and count');
      }
    });
  }),
];

type Notes = Collection<WireRecord>;

async function withDevices(
  wire: Wire,
  count: number,
  work: (devices: SyncClient[], add: () => Promise<SyncClient>) => Promise<void>,
): Promise<void> {
  const opened: SyncClient[] = [];
  let last = 0;
  // What is written later has a later stamp, also within a millisecond.
  const runtime: Runtime = { ...defaultRuntime, now: () => (last = Math.max(last + 1, Date.now())) };
  const { url, token, entity, fetch } = wire.setup;
  const { space } = wire.pullBody();
  const add = async () => {
    const client = await createSyncClient({
      entities: [wireEntity(entity)],
      storage: memoryStorage(),
      transport: httpTransport({ url, ...(token === undefined ? {} : { token }), ...(fetch && { fetch }) }),
      runtime,
      auto: false,
      ...(typeof space === 'string' ? { space } : {}),
    });
    opened.push(client);
    return client;
  };
  try {
    const devices: SyncClient[] = [];
    while (devices.length < count) devices.push(await add());
    await work(devices, add);
  } finally {
    for (const client of opened) await client.close();
  }
}

/** Three rounds: what one round could not bring, because an answer was lost or a write was contested, the next does. */
async function settle(devices: readonly SyncClient[]): Promise<void> {
  for (let round = 0; round < 4; round++)
    for (const device of devices) await device.sync().catch(() => undefined);
  holds(devices.length > 0, 'there is no device');
}

async function rowsOf(notes: Notes, ids: readonly string[]): Promise<unknown[]> {
  const rows = await Promise.all(ids.map((id) => notes.get(id)));
  return rows.map((row) => row ?? null);
}

/** A network that loses every so manieth answer, after the server has done what was asked. */
function withoutEvery(nth: number, { setup }: Wire) {
  const send = setup.fetch ?? ((url: string, init: RequestInit) => fetch(url, init));
  let asked = 0;
  return async (url: string, init: RequestInit) => {
    const response = await send(url, init);
    if (++asked % nth !== 0) return response;
    await response.body?.cancel();
    throw new TypeError('the answer was lost');
  };
}
