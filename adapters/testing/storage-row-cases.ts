import type { Json } from 'syncline';
import { holds, rejects, same } from './check.js';
import { idsOf, storageCase, valueOf, type StorageCase } from './storage-world.js';

const awkwardIds = [
  '',
  ' ',
  '\u0000',
  '__proto__',
  'constructor',
  'note',
  'notebook',
  'a/b~c',
  '😀',
  '～',
  '\ud800',
  'é',
];

const awkwardValues: readonly Json[] = [
  null,
  false,
  true,
  0,
  '',
  [],
  {},
  -1.5e-7,
  Number.MAX_SAFE_INTEGER,
  'lone \ud83d half, 😀, \u0000, \u2028, "quoted" \\',
  [[], [null], { deep: [{ er: [1, 'a', null] }] }],
  { '': 1, ' ': 2, constructor: 3, 'a.b': { '/': 4 } },
];

/** What a single adapter must do with rows. */
export const storageRowCases: readonly StorageCase[] = [
  storageCase('an empty store has no rows', async (world) => {
    const storage = await world.open();
    same(await storage.get('notes', ['a', 'b']), [undefined, undefined], 'rows');
    same(await storage.get('notes', []), [], 'no rows');
    same(await storage.scan('notes'), [], 'all rows');
    same(await storage.scan('notes', { index: 'due', reverse: true, limit: 5 }), [], 'rows in the index');
  }),

  storageCase('a committed row is read back with the revision of its commit', async (world) => {
    const storage = await world.open();
    const { revision } = await storage.commit([{ table: 'notes', id: 'a', value: { due: 1 } }]);
    holds(revision > 0, 'a revision is positive');
    const row = { id: 'a', revision, value: { due: 1 } };
    same(await storage.get('notes', ['b', 'a', 'a']), [undefined, row, row], 'rows in the order of the ids');
    same(await storage.scan('notes'), [row], 'scanned rows');
    same(await storage.get('outbox', ['a']), [undefined], 'the same id in another table');
  }),

  storageCase('one commit reaches several tables', async (world) => {
    const storage = await world.open();
    await storage.commit([{ table: 'outbox', id: 'gone', value: 1 }]);
    const { revision } = await storage.commit([
      { table: 'notes', id: 'n', value: {} },
      { table: 'outbox', id: 'o', value: 2 },
      { table: 'outbox', id: 'gone' },
    ]);
    const reopened = await world.reopen(storage);
    same(await reopened.scan('notes'), [{ id: 'n', revision, value: {} }], 'notes');
    same(await reopened.scan('outbox'), [{ id: 'o', revision, value: 2 }], 'outbox');
  }),

  storageCase('revisions grow and are never used twice', async (world) => {
    let storage = await world.open();
    const revisions: number[] = [];
    for (const value of [1, 2, undefined, 3, 3]) {
      const write = { table: 'notes', id: 'a', ...(value === undefined ? {} : { value }) };
      revisions.push((await storage.commit([write])).revision);
      storage = await world.reopen(storage);
    }
    holds(
      revisions.every((revision, at) => at === 0 || revision > (revisions[at - 1] ?? Infinity)),
      `revisions do not grow: ${revisions.join()}`,
    );
    same(await storage.get('notes', ['a']), [{ id: 'a', revision: revisions.at(-1), value: 3 }], 'the row');
  }),

  storageCase('a deleted row is gone, here and after a restart', async (world) => {
    const storage = await world.open();
    await storage.commit([{ table: 'notes', id: 'a', value: { due: 1 } }]);
    await storage.commit([
      { table: 'notes', id: 'a' },
      { table: 'notes', id: 'never there' },
    ]);
    same(await storage.scan('notes', { index: 'due' }), [], 'the index');
    const reopened = await world.reopen(storage);
    same(await reopened.get('notes', ['a', 'never there']), [undefined, undefined], 'deleted rows');
    same(await reopened.scan('notes', { index: 'due' }), [], 'the index after a restart');
  }),

  storageCase('any JSON value survives a restart', async (world) => {
    const storage = await world.open();
    await storage.commit(awkwardValues.map((value, at) => ({ table: 'outbox', id: `${at}`, value })));
    const ids = awkwardValues.map((_value, at) => `${at}`);
    same(
      (await storage.get('outbox', ids)).map((row) => row?.value),
      awkwardValues,
      'values',
    );
    const reopened = await world.reopen(storage);
    same(
      (await reopened.get('outbox', ids)).map((row) => row?.value),
      awkwardValues,
      'values after a restart',
    );
  }),

  storageCase('any text is an id of its own', async (world) => {
    const storage = await world.open();
    await storage.commit(awkwardIds.map((id, at) => ({ table: 'outbox', id, value: at })));
    const reopened = await world.reopen(storage);
    const rows = await reopened.get('outbox', awkwardIds);
    same(
      rows.map((row) => row?.value),
      awkwardIds.map((_id, at) => at),
      'values by id',
    );
    same(await idsOf(reopened, 'outbox'), [...awkwardIds].sort(), 'ids by UTF-16 code unit');
  }),

  storageCase('a row of 100 kB and a commit of 2,000 rows fit', async (world) => {
    const storage = await world.open();
    const large = { text: 'ä😀x'.repeat(25_000) };
    const many = Array.from({ length: 2_000 }, (_, at) => ({
      table: 'notes',
      id: `n${at}`,
      value: { due: at },
    }));
    await storage.commit([{ table: 'outbox', id: 'large', value: large }]);
    await storage.commit(many);
    const reopened = await world.reopen(storage);
    same(await valueOf(reopened, 'outbox', 'large'), large, 'the large row');
    same((await idsOf(reopened, 'notes', { index: 'due' })).length, 2_000, 'number of rows');
    same(
      await idsOf(reopened, 'notes', { index: 'due', range: { lower: 1_998 } }),
      ['n1998', 'n1999'],
      'the last rows',
    );
  }),

  storageCase('a failed condition names its rows and changes nothing', async (world) => {
    const storage = await world.open();
    const { revision } = await storage.commit([
      { table: 'notes', id: 'a', value: 1 },
      { table: 'notes', id: 'b', value: 1 },
    ]);
    const error = await rejects(
      storage.commit([
        { table: 'outbox', id: 'o', value: 1 },
        { table: 'notes', id: 'a', value: 2, ifRevision: revision },
        { table: 'notes', id: 'b', value: 2, ifRevision: 0 },
        { table: 'notes', id: 'c', ifRevision: revision },
        { table: 'notes', id: 'd', value: 2, ifRevision: 0 },
      ]),
      'storage-conflict',
      'a commit with failing conditions',
    );
    same(
      error.details['rows'],
      [
        { table: 'notes', id: 'b' },
        { table: 'notes', id: 'c' },
      ],
      'details.rows',
    );
    for (const adapter of [storage, await world.open()]) {
      same(await adapter.scan('outbox'), [], 'rows of another table');
      same(
        (await adapter.scan('notes')).map(({ value }) => value),
        [1, 1],
        'rows',
      );
    }
  }),

  storageCase('a condition that holds lets the commit through', async (world) => {
    const storage = await world.open();
    const first = await storage.commit([{ table: 'notes', id: 'a', value: 1, ifRevision: 0 }]);
    const second = await storage.commit([{ table: 'notes', id: 'a', value: 2, ifRevision: first.revision }]);
    await rejects(
      storage.commit([{ table: 'notes', id: 'a', ifRevision: first.revision }]),
      'storage-conflict',
      'deleting a row that was written since',
    );
    await storage.commit([{ table: 'notes', id: 'a', ifRevision: second.revision }]);
    await storage.commit([{ table: 'notes', id: 'a', value: 3, ifRevision: 0 }]);
    same(await valueOf(storage, 'notes', 'a'), 3, 'the row');
  }),

  storageCase('a commit fails when a row that it has read was moved since', async (world) => {
    const storage = await world.open();
    const { revision } = await storage.commit([{ table: 'notes', id: 'a', value: 1 }]);
    const write = { table: 'outbox', id: 'o', value: 1 };
    const absent = { table: 'notes', id: 'b', revision: 0 };
    await storage.commit([{ ...write, id: 'before' }], [{ table: 'notes', id: 'a', revision }, absent]);
    const moved = await storage.commit([{ table: 'notes', id: 'a', value: 2 }]);
    const error = await rejects(
      storage.commit([write], [{ table: 'notes', id: 'a', revision }, absent]),
      'storage-conflict',
      'a commit over a row that moved',
    );
    same(error.details['rows'], [{ table: 'notes', id: 'a' }], 'details.rows');
    await rejects(
      storage.commit([write], [{ ...absent, revision: moved.revision }]),
      'storage-conflict',
      'a commit over a row that is gone',
    );
    await rejects(
      storage.commit([], [{ table: 'notes', id: 'a', revision }]),
      'storage-conflict',
      'a commit that only reads a row that moved',
    );
    await storage.commit([], [{ table: 'notes', id: 'a', revision: moved.revision }]);
    same(await idsOf(storage, 'outbox'), ['before'], 'rows written');
  }),

  storageCase('two writes to one row in one commit are refused', async (world) => {
    const storage = await world.open();
    const twice = [
      { table: 'notes', id: 'a', value: 1 },
      { table: 'notes', id: 'a' },
    ];
    await rejects(storage.commit(twice), 'validation', 'a commit that writes a row twice');
    same(await storage.scan('notes'), [], 'rows');
  }),

  storageCase('rows that were read do not change under the reader', async (world) => {
    const storage = await world.open();
    await storage.commit([{ table: 'notes', id: 'a', value: { due: 1 } }]);
    const [row] = await storage.get('notes', ['a']);
    const all = await storage.scan('notes', { index: 'due' });
    const before = JSON.stringify([row, all]);
    await storage.commit([
      { table: 'notes', id: 'a', value: { due: 2 } },
      { table: 'notes', id: 'b', value: { due: 1 } },
    ]);
    same(JSON.stringify([row, all]), before, 'what the reader holds');
  }),
];
