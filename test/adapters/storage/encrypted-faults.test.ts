import type { Json, StorageAdapter, StorageLayout } from 'syncline';
import { encryptedStorage, type EncryptedStorageOptions, type WebCrypto } from 'syncline/storage/encrypted';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { afterEach, describe, expect, it } from 'vitest';

const key = new Uint8Array(32).fill(7);
const layout: StorageLayout = { notes: { indexes: { due: '/due' } }, outbox: { indexes: {} } };
const below: StorageLayout = { ...layout, $encryption: { indexes: {} } };
const opened: StorageAdapter[] = [];

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
});

function world() {
  const store = createMemoryStore();
  const contents = () => JSON.stringify([store.snapshot, store.entries]);
  const create = (options: EncryptedStorageOptions = { key }) => {
    const storage = encryptedStorage(memoryStorage({ store }), options);
    opened.push(storage);
    return storage;
  };
  const open = async (options?: EncryptedStorageOptions, tables = layout) => {
    const storage = create(options);
    await storage.open(tables);
    return storage;
  };
  /** The store as it is, for somebody who has no key. */
  const raw = async () => {
    const storage = memoryStorage({ store });
    opened.push(storage);
    await storage.open(below);
    return storage;
  };
  return { contents, create, open, raw };
}

type Envelope = { k: number; c: string; i?: Record<string, Json> };

async function envelope(raw: StorageAdapter, table: string, id: string): Promise<Envelope> {
  const [row] = await raw.get(table, [id]);
  return row?.value as Envelope;
}

describe('a secret that is not the one of the store', () => {
  const passphrase = 'correct horse battery staple';

  it.each<[string, EncryptedStorageOptions, EncryptedStorageOptions]>([
    ['another key', { key }, { key: new Uint8Array(32).fill(8) }],
    ['another passphrase', { passphrase }, { passphrase: `${passphrase} ` }],
    ['a key for a passphrase', { passphrase }, { key }],
    ['a passphrase for a key', { key }, { passphrase }],
  ])('is refused at open, and changes nothing: %s', async (_, right, wrong) => {
    const { create, open, contents } = world();
    const storage = await open(right);
    await storage.commit([{ table: 'notes', id: 'a', value: { due: 1, text: 'kept' } }]);
    await storage.close();
    const before = contents();
    const stranger = create(wrong);
    await expect(stranger.open({ ...layout, tags: { indexes: {} } })).rejects.toMatchObject({
      code: 'storage-blocked',
      details: { reason: 'wrong-key', opensWith: 'key' in right ? 'key' : 'passphrase' },
    });
    await expect(stranger.get('notes', ['a'])).rejects.toMatchObject({ code: 'storage-closed' });
    expect(contents()).toBe(before);
    expect(await (await open(right)).get('notes', ['a'])).toMatchObject([{ value: { text: 'kept' } }]);
  });

  it('can still destroy the store', async () => {
    const { create, open } = world();
    await (await open()).commit([{ table: 'notes', id: 'a', value: 1 }]);
    const stranger = create({ key: new Uint8Array(16) });
    await expect(stranger.open(layout)).rejects.toMatchObject({ code: 'storage-blocked' });
    await stranger.destroy();
    expect(await (await open({ key: new Uint8Array(16) })).scan('notes')).toEqual([]);
  });
});

describe('a passphrase', () => {
  it('is the same whichever way its letters were typed, and its parameters lie beside the rows', async () => {
    const { open, raw } = world();
    const storage = await open({ passphrase: 'Übergrößenträger', iterations: 700_000 });
    await storage.commit([{ table: 'notes', id: 'a', value: 'kept' }]);
    await storage.close();
    const reader = await open({ passphrase: 'Übergrößenträger'.normalize('NFD') });
    expect(await reader.get('notes', ['a'])).toMatchObject([{ value: 'kept' }]);
    expect(await (await raw()).get('$encryption', ['header'])).toMatchObject([
      { value: { format: 1, derivation: { name: 'PBKDF2-HMAC-SHA-256', iterations: 700_000 } } },
    ]);
  });

  it('has a salt of its own in each store', async () => {
    const salts = await Promise.all(
      [world(), world()].map(async ({ open, raw }) => {
        await open({ passphrase: 'same' });
        return (await envelope(await raw(), '$encryption', 'header')) as unknown as {
          derivation: { salt: string };
        };
      }),
    );
    expect(new Set(salts.map(({ derivation }) => derivation.salt)).size).toBe(2);
  });
});

it('opens with a key that cannot be exported', async () => {
  const { open } = world();
  const own = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
  await (await open({ key: own })).commit([{ table: 'notes', id: 'a', value: 1 }]);
  expect(await (await open({ key: own })).scan('notes')).toHaveLength(1);
});

it.each<[string, EncryptedStorageOptions]>([
  ['no secret', {} as EncryptedStorageOptions],
  ['two secrets', { key, passphrase: 'p' } as unknown as EncryptedStorageOptions],
  ['an empty passphrase', { passphrase: '' }],
  ['too few iterations', { passphrase: 'p', iterations: 599_999 }],
  ['iterations without end', { passphrase: 'p', iterations: Infinity }],
  ['a short key', { key: new Uint8Array(24) }],
])('refuses %s', (_, options) => {
  expect(() => world().create(options)).toThrow(expect.objectContaining({ code: 'validation' }));
});

it('refuses a key for something else', async () => {
  const other = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  expect(() => world().create({ key: other })).toThrow(expect.objectContaining({ code: 'validation' }));
});

it('says so where there is no WebCrypto', () => {
  const crypto = { getRandomValues: <T>(array: T) => array } as unknown as WebCrypto;
  expect(() => world().create({ key, crypto })).toThrow(expect.objectContaining({ code: 'storage-blocked' }));
});

it('refuses a store that was not encrypted, and leaves it as it is', async () => {
  const { contents, create, raw } = world();
  await (await raw()).commit([{ table: 'outbox', id: 'o', value: { unsent: true } }]);
  const before = contents();
  await expect(create().open(layout)).rejects.toMatchObject({
    code: 'storage-blocked',
    details: { reason: 'not-encrypted', table: 'outbox' },
  });
  expect(contents()).toBe(before);
});

describe('a damaged row', () => {
  const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);

  it.each<[string, (raw: StorageAdapter) => Promise<Json>]>([
    [
      'a bit of its nonce',
      async (raw) => ({
        ...(await envelope(raw, 'notes', 'a')),
        c: flip((await envelope(raw, 'notes', 'a')).c),
      }),
    ],
    [
      'its end',
      async (raw) => ({
        ...(await envelope(raw, 'notes', 'a')),
        c: (await envelope(raw, 'notes', 'a')).c.slice(0, -8),
      }),
    ],
    ['no base64', async (raw) => ({ ...(await envelope(raw, 'notes', 'a')), c: '?' })],
    ['its index value', async (raw) => ({ ...(await envelope(raw, 'notes', 'a')), i: { due: 2 } })],
    ['an index value less', async (raw) => ({ k: 1, c: (await envelope(raw, 'notes', 'a')).c })],
    ['its key id', async (raw) => ({ ...(await envelope(raw, 'notes', 'a')), k: 9 })],
    ['another row in its place', (raw) => envelope(raw, 'notes', 'b')],
    ['a row of another table in its place', (raw) => envelope(raw, 'outbox', 'a')],
    ['a row in clear in its place', async () => ({ due: 1 })],
    ['nothing of it', async () => null],
  ])('is an error that names it: %s', async (_, damage) => {
    const { open, raw } = world();
    const storage = await open();
    await storage.commit(['a', 'b'].map((id) => ({ table: 'notes', id, value: { due: 1, text: 'same' } })));
    await storage.commit([{ table: 'outbox', id: 'a', value: { due: 1, text: 'same' } }]);
    await storage.close();
    const device = await raw();
    await device.commit([{ table: 'notes', id: 'a', value: await damage(device) }]);
    await device.close();

    const reader = await open();
    const error = { code: 'storage-corrupt', details: { table: 'notes', id: 'a' } };
    await expect(reader.get('notes', ['b', 'a'])).rejects.toMatchObject(error);
    await expect(reader.scan('notes')).rejects.toMatchObject(error);
    await expect(reader.rotate()).rejects.toMatchObject(error);
    expect(await reader.get('notes', ['b'])).toMatchObject([{ value: { text: 'same' } }]);
    await reader.commit([{ table: 'notes', id: 'a' }]);
    expect(await reader.scan('notes')).toHaveLength(1);
    await reader.rotate();
    expect(reader.rotating).toBe(false);
  });
});

describe('a damaged header', () => {
  it.each<[string, (header: Record<string, Json>) => Json | undefined, string]>([
    ['of a newer release', (header) => ({ ...header, format: 2 }), 'version'],
    ['of no release', () => 'header', 'storage-corrupt'],
    [
      'with a derivation that takes for ever',
      (header) => ({
        ...header,
        derivation: { name: 'PBKDF2-HMAC-SHA-256', iterations: 1e12, salt: 'AAAA' },
      }),
      'storage-corrupt',
    ],
    [
      'with a cheap derivation',
      (header) => ({ ...header, derivation: { name: 'PBKDF2-HMAC-SHA-256', iterations: 1, salt: 'AAAA' } }),
      'storage-corrupt',
    ],
    [
      'cut short',
      ({ sealed, ...header }) => ({ ...header, sealed: (sealed as string).slice(4) }),
      'storage-blocked',
    ],
    ['gone', () => undefined, 'storage-corrupt'],
  ])('keeps the store closed, and as it is: %s', async (_, damage, code) => {
    const { contents, create, open, raw } = world();
    const storage = await open();
    await storage.commit([{ table: 'notes', id: 'a', value: { due: 1 } }]);
    await storage.close();
    const device = await raw();
    const header = (await envelope(device, '$encryption', 'header')) as unknown as Record<string, Json>;
    const value = damage(header);
    await device.commit([{ table: '$encryption', id: 'header', ...(value === undefined ? {} : { value }) }]);
    const before = contents();
    await expect(create().open(layout)).rejects.toMatchObject({ code });
    expect(contents()).toBe(before);
    await device.commit([{ table: '$encryption', id: 'header', value: header }]);
    expect(await (await open()).scan('notes')).toHaveLength(1);
  });
});

describe('two releases on one store', () => {
  const grown: StorageLayout = {
    ...layout,
    notes: { indexes: { due: '/due', topic: '/topic' } },
    tags: { indexes: {} },
  };

  it('write each other’s indexes, and neither loses what only the other knows', async () => {
    const { open } = world();
    const older = await open();
    await older.commit([{ table: 'notes', id: 'a', value: { due: 1, topic: 'z' } }]);
    const newer = await open({ key }, grown);
    // The older one is open still, and has not heard of the index.
    await older.commit([{ table: 'notes', id: 'b', value: { due: 2, topic: 'y' } }]);
    await newer.commit([{ table: 'tags', id: 't', value: 'kept' }]);
    const byTopic = await newer.scan('notes', { index: 'topic' });
    expect(byTopic.map(({ id }) => id)).toEqual(['b', 'a']);

    await older.rotate();
    expect(older.rotating).toBe(true);
    await newer.rotate();
    expect(newer.rotating).toBe(false);
    expect(await newer.get('tags', ['t'])).toMatchObject([{ value: 'kept' }]);
  });
});

it('keeps its own table to itself', async () => {
  const { create, open } = world();
  await expect(create().open(below)).rejects.toMatchObject({ code: 'validation' });
  const storage = await open();
  const write = { table: '$encryption', id: 'header', value: 1 };
  await expect(storage.commit([write])).rejects.toMatchObject({ code: 'validation' });
});

it('refuses what is no JSON, and goes on', async () => {
  const storage = await world().open();
  const cycle: { self?: Json } = {};
  cycle.self = cycle;
  await expect(storage.commit([{ table: 'notes', id: 'a', value: cycle }])).rejects.toMatchObject({
    code: 'validation',
  });
  await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
  expect(await storage.scan('notes')).toHaveLength(1);
});

it('stores a value as it is when it is committed', async () => {
  const storage = await world().open();
  const value = { due: 1, text: 'as committed' };
  const commit = storage.commit([{ table: 'notes', id: 'a', value }]);
  Object.assign(value, { due: 2, text: 'changed later' });
  await commit;
  expect(await storage.scan('notes', { index: 'due', range: { upper: 1 } })).toMatchObject([
    { value: { due: 1, text: 'as committed' } },
  ]);
});
