import fc from 'fast-check';
import {
  clientWins,
  concat,
  defineEntity,
  exclude,
  lastWriteWins,
  manual,
  merge,
  serverWins,
  type ConflictStrategy,
  type SyncClient,
} from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createWorld } from '../support/world.js';

const schema = z.object({
  id: z.string(),
  name: z.string(),
  notes: z.string().optional(),
  visits: z.number().optional(),
  diagnosis: z.object({ text: z.string() }).optional(),
});

function entities(strategy: ConflictStrategy = lastWriteWins()) {
  const everything = defineEntity({ name: 'patient', schema, strategy });
  const discreet = defineEntity({ name: 'patient', schema, strategy, local: exclude('diagnosis') });
  return { everything, discreet };
}

const secret = 'only for the doctor';
const record = { id: 'p', name: 'Ada', visits: 1, diagnosis: { text: secret } };

/** A clinic's own device, which keeps everything, and a tablet at the door, which does not; all it stores is written down. */
async function clinic(strategy?: ConflictStrategy) {
  const { everything, discreet } = entities(strategy);
  const world = createWorld([everything]);
  const office = await world.device();
  const seen: string[] = [];
  const store = createMemoryStore();
  const hooks = { beforeAppend: (payload: string) => void seen.push(payload) };
  const storage = () => memoryStorage({ store, hooks, compactAfter: 10 });
  const tablet = await world.device({ entities: [discreet], storage: storage() });
  const patients = office.collection(everything);
  const atTheDoor = tablet.collection(discreet);
  return {
    world,
    office,
    tablet,
    patients,
    atTheDoor,
    everything,
    discreet,
    storage,
    /** All that was ever handed to the tablet's disk. */
    stored: () => [...seen, ...(store.snapshot?.chunks ?? [])].join('\n'),
    truth: async () => {
      await office.sync();
      return patients.get('p');
    },
  };
}

async function syncAll(...clients: readonly SyncClient[]): Promise<void> {
  for (let round = 0; round < 3; round++) for (const client of clients) await client.sync();
}

describe('a field that an entity excludes', () => {
  it('is not stored on the device, whole or as a part, and stays at the server', async () => {
    const { office, tablet, patients, atTheDoor, stored, truth } = await clinic();
    await patients.create(record);
    await syncAll(office, tablet);
    expect(await atTheDoor.get('p')).toEqual({ id: 'p', name: 'Ada', visits: 1 });

    await patients.update('p', { name: 'Ada L.', diagnosis: { text: `${secret}, twice` } });
    await syncAll(office, tablet);
    await atTheDoor.update('p', { notes: 'by the door' });
    await atTheDoor.update('p', (draft) => ({ ...draft, visits: 2 }));
    await atTheDoor.increment('p', 'visits');
    await atTheDoor.upsert({ id: 'p', name: 'Ada L.', visits: 4 });
    await syncAll(tablet, office);
    expect(await truth()).toEqual({
      id: 'p',
      name: 'Ada L.',
      visits: 4,
      diagnosis: { text: `${secret}, twice` },
    });
    expect(stored()).not.toContain(secret);
    expect(stored()).toContain('Ada L.');
  });

  it('is in no decision and no conflict that the device keeps', async () => {
    const { office, tablet, patients, atTheDoor, stored, truth } = await clinic(manual());
    await patients.create(record);
    await syncAll(office, tablet);
    await patients.update('p', { name: 'office', diagnosis: { text: `${secret}, changed` } });
    await atTheDoor.update('p', { name: 'door' });
    await syncAll(office, tablet);
    const [conflict] = tablet.conflicts.list();
    expect(conflict?.fields).toEqual([{ path: '/name', base: 'Ada', local: 'door', remote: 'office' }]);
    const merged = { id: 'p', name: 'both', visits: 1 };
    await expect(
      tablet.conflicts.resolve(conflict?.id ?? '', { merged: { ...merged, diagnosis: { text: 'guess' } } }),
    ).rejects.toMatchObject({ code: 'validation' });
    await tablet.conflicts.resolve(conflict?.id ?? '', { merged });
    await syncAll(tablet, office);
    expect(await truth()).toEqual({ ...merged, diagnosis: { text: `${secret}, changed` } });
    expect(stored()).not.toContain(secret);
  });

  it('is not seen in a record that a deletion meets', async () => {
    const { office, tablet, patients, atTheDoor, stored, truth } = await clinic(manual());
    await patients.create(record);
    await syncAll(office, tablet);
    await patients.update('p', { diagnosis: { text: `${secret}, changed` }, notes: 'kept' });
    await atTheDoor.delete('p');
    await syncAll(office, tablet);
    const [conflict] = tablet.conflicts.list();
    expect(conflict?.fields).toEqual([
      { path: '', remote: { id: 'p', name: 'Ada', visits: 1, notes: 'kept' } },
    ]);
    await tablet.conflicts.resolve(conflict?.id ?? '', 'remote');
    await syncAll(tablet, office);
    expect(await truth()).toMatchObject({ notes: 'kept', diagnosis: { text: `${secret}, changed` } });
    expect(stored()).not.toContain(secret);
  });

  it('is left at the server by what the device decides by merging', async () => {
    const { office, tablet, patients, atTheDoor, stored, truth } = await clinic(
      merge({ fields: { '/notes': concat() } }),
    );
    await patients.create({ ...record, notes: 'a' });
    await syncAll(office, tablet);
    await patients.update('p', { notes: 'a\nb', diagnosis: { text: `${secret}, again` } });
    await atTheDoor.update('p', { notes: 'a\nc' });
    await syncAll(office, tablet);
    expect(await truth()).toEqual({ ...record, notes: 'a\nb\nc', diagnosis: { text: `${secret}, again` } });
    expect(await atTheDoor.get('p')).toEqual({ id: 'p', name: 'Ada', visits: 1, notes: 'a\nb\nc' });
    expect((await tablet.explain({ name: 'patient' } as never, 'p')).decisions).toHaveLength(1);
    expect(stored()).not.toContain(secret);
  });
});

describe('a write to an excluded field', () => {
  const diagnosis = { text: secret };

  it('is refused by every verb, and stores nothing', async () => {
    const { office, tablet, patients, atTheDoor, discreet, stored } = await clinic();
    await patients.create(record);
    await syncAll(office, tablet);
    const refused = { code: 'validation', message: expect.stringContaining("'diagnosis' is excluded") };
    const writes = [
      () => atTheDoor.create({ id: 'q', name: 'B', diagnosis }),
      () =>
        atTheDoor.createMany([
          { id: 'q', name: 'B' },
          { id: 'r', name: 'C', diagnosis },
        ]),
      () => atTheDoor.upsert({ id: 'p', name: 'B', diagnosis }),
      () => atTheDoor.update('p', { diagnosis }),
      () => atTheDoor.update('p', { diagnosis: undefined }),
      () => atTheDoor.update('p', (draft) => ({ ...draft, diagnosis })),
      () => atTheDoor.increment('p', 'diagnosis'),
      async () => tablet.transaction((tx) => tx.collection(discreet).update('p', { diagnosis })),
    ];
    for (const write of writes) await expect(write()).rejects.toMatchObject(refused);
    expect(tablet.outbox.list()).toEqual([]);
    expect(await atTheDoor.list()).toHaveLength(1);
    expect(stored()).not.toContain(secret);
  });

  it('is refused when a dead letter is edited', async () => {
    const { everything, discreet } = entities();
    const world = createWorld([everything], { authorize: ({ action }) => action === 'read' });
    const tablet = await world.device({ entities: [discreet] });
    const receipt = await tablet.collection(discreet).create({ id: 'p', name: 'Ada' });
    await tablet.sync();
    const [letter] = tablet.outbox.deadLetters();
    expect(letter?.operation.id).toBe(receipt.operationId);
    const edits = [
      [{ path: '/diagnosis/text', action: 'set', value: 'x' }],
      [{ path: '', action: 'set', value: { id: 'p', name: 'Ada', diagnosis } }],
    ] as const;
    for (const changes of edits)
      await expect(tablet.outbox.edit(letter?.operation.id ?? '', changes)).rejects.toMatchObject({
        code: 'validation',
      });
    expect(tablet.outbox.deadLetters()).toHaveLength(1);
  });

  it('is not made by a default of the schema', async () => {
    const withDefault = schema.extend({
      diagnosis: z.object({ text: z.string() }).default({ text: 'none' }),
    });
    const everything = defineEntity({ name: 'patient', schema: withDefault });
    const discreet = defineEntity({
      name: 'patient',
      schema: withDefault,
      local: exclude('/diagnosis'),
    });
    const world = createWorld([everything]);
    const [office, tablet] = [await world.device(), await world.device({ entities: [discreet] })];
    await office.collection(everything).create(record);
    await syncAll(office, tablet);
    await tablet.collection(discreet).update('p', { name: 'by the door' });
    await syncAll(tablet, office);
    expect(await office.collection(everything).get('p')).toMatchObject({ name: 'by the door', diagnosis });
  });
});

describe('a list of excluded fields that changes', () => {
  it('is made up for when the store is opened: what waits is sent, and not kept', async () => {
    const { world, office, everything, discreet, patients, truth } = await clinic();
    await patients.create({ ...record, id: 'old' });
    await office.sync();
    const store = createMemoryStore();
    const storage = () => memoryStorage({ store });
    const before = await world.device({ entities: [everything], storage: storage() });
    await before.sync();
    await before.collection(everything).create(record);
    await before.collection(everything).update('old', { diagnosis: { text: 'written before' } });
    await before.close();

    const after = await world.device({ entities: [discreet], storage: storage() });
    expect(await after.collection(discreet).list()).toEqual([
      { id: 'old', name: 'Ada', visits: 1 },
      { id: 'p', name: 'Ada', visits: 1 },
    ]);
    expect(after.outbox.list()).toHaveLength(2);
    await after.sync();
    expect(await truth()).toEqual(record);
    expect(await patients.get('old')).toMatchObject({ diagnosis: { text: 'written before' } });
    expect(await after.collection(discreet).get('p')).toEqual({ id: 'p', name: 'Ada', visits: 1 });
    await after.close();

    const rows = storage();
    await rows.open({ 'record:patient': { indexes: {} } });
    expect(JSON.stringify(await rows.scan('record:patient'))).not.toContain(secret);
    await rows.close();

    const again = await world.device({ entities: [everything], storage: storage() });
    await again.sync();
    expect(await again.collection(everything).get('p')).toEqual(record);
    expect(again.status()).toMatchObject({ state: 'synced', pending: 0 });
  });
});

describe('defineEntity', () => {
  const define =
    (fields: string[], more = {}) =>
    () =>
      defineEntity({ name: 'patient', schema, local: exclude(...fields), ...more });

  it.each<[string, string[], object]>([
    ['a nested field', ['/diagnosis/text'], {}],
    ['the id', ['id'], {}],
    ['an index', ['visits'], { indexes: ['visits'] }],
    ['a field with an index below it', ['diagnosis'], { indexes: ['/diagnosis/text'] }],
    ['a field that the schema demands', ['name'], {}],
    ['what is no pointer', ['/a~2'], {}],
  ])('refuses to exclude %s', (_, exclude, more) => {
    expect(define(exclude, more)).toThrow(expect.objectContaining({ code: 'validation' }));
  });

  it('takes names and pointers', () => {
    expect(define(['notes', '/diagnosis'])().local).toMatchObject({ exclude: ['/notes', '/diagnosis'] });
  });
});

it('whatever both devices do, the server keeps the field and the device sees the rest', async () => {
  const text = fc.string({ maxLength: 5 });
  const edit = fc.oneof(
    fc.record({ by: fc.constant('office' as const), diagnosis: text }),
    fc.record({ by: fc.constantFrom('office' as const, 'tablet' as const), name: text }),
    fc.record({ by: fc.constantFrom('office' as const, 'tablet' as const), notes: text }),
    fc.record({ by: fc.constant('tablet' as const), visits: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ by: fc.constantFrom('office' as const, 'tablet' as const), sync: fc.constant(true) }),
  );
  const strategy = fc.constantFrom(
    lastWriteWins(),
    lastWriteWins({ granularity: 'record' }),
    clientWins(),
    serverWins({ granularity: 'record' }),
    merge({ fields: { '/notes': concat() } }),
  );
  await fc.assert(
    fc.asyncProperty(strategy, fc.array(edit, { minLength: 1, maxLength: 15 }), async (chosen, edits) => {
      const { world, office, tablet, patients, atTheDoor, stored, truth } = await clinic(chosen);
      await patients.create(record);
      await syncAll(office, tablet);
      let diagnosis = secret;
      for (const { by, ...change } of edits) {
        if ('sync' in change) await (by === 'office' ? office : tablet).sync();
        else if ('diagnosis' in change) {
          diagnosis = `${secret} ${change.diagnosis}`;
          await patients.update('p', { diagnosis: { text: diagnosis } });
        } else if ('visits' in change) await atTheDoor.increment('p', 'visits', change.visits);
        else await (by === 'office' ? patients : atTheDoor).update('p', change);
      }
      await syncAll(office, tablet);
      const { diagnosis: kept, ...rest } = (await truth()) ?? {};
      expect(kept).toEqual({ text: diagnosis });
      expect(await atTheDoor.get('p')).toEqual(rest);
      expect(stored()).not.toContain(secret);
      await world.close();
    }),
    { numRuns: 60 },
  );
});
