import type { Json, ScanOptions, StorageAdapter } from 'syncline';
import { same } from './check.js';
import { idsOf, storageCase, type StorageCase, type StorageWorld } from './storage-world.js';

/** In the order that the contract asks for. */
const numbers = [-2, -0.5, 0, 1, 1.5, 9, 10];
const texts = ['', ' ', '0', '10', '9', 'A', 'a', 'note', 'note ', 'notebook', 'é', '😀', '～'];
const keys = [...numbers, ...texts];

/** Ids in the order of their code units: halves of pairs beside whole ones. */
const extremeIds = [
  '',
  '\u0000',
  'a',
  'a\u0000',
  'aa',
  '\ud83d',
  '😀',
  '\ud83d～',
  '\ud83e',
  '\udc00',
  '～',
  '\uffff',
];
const extremes = [-1e300, -1, Number.MIN_VALUE, 2 ** 53, 1e300, ...extremeIds];

/** Values at the indexed place that are no keys. */
const noKeys: readonly Json[] = [null, true, false, [], {}, [1], { due: 1 }];

/** What every index must do. */
export const storageOrderCases: readonly StorageCase[] = [
  storageCase('numbers come before strings, strings by UTF-16 code unit', async (world) => {
    await forBoth(world, shuffled(keys), async (storage) => {
      const rows = await storage.scan('notes', { index: 'due' });
      same(
        rows.map(({ value }) => (value as { due: Json }).due),
        keys,
        'keys',
      );
      const reversed = await storage.scan('notes', { index: 'due', reverse: true });
      same(reversed, [...rows].reverse(), 'rows in reverse');
    });
  }),

  storageCase('equal keys are ordered by id', async (world) => {
    const storage = await world.open();
    const ids = ['b', '', '～', 'a', '😀'];
    for (const id of ids) await storage.commit([{ table: 'notes', id, value: { due: 7 } }]);
    const sorted = ['', 'a', 'b', '😀', '～'];
    same(await idsOf(storage, 'notes', { index: 'due' }), sorted, 'ids');
    same(await idsOf(storage, 'notes', { index: 'due', reverse: true }), sorted.reverse(), 'ids in reverse');
  }),

  storageCase('a range holds exactly the keys between its bounds', async (world) => {
    await forBoth(world, shuffled(keys), async (storage) => {
      for (const range of ranges()) {
        const rows = await storage.scan('notes', { index: 'due', range });
        const expected = keys.filter((key) => within(key, range));
        same(
          rows.map(({ value }) => (value as { due: Json }).due),
          expected,
          `keys in ${JSON.stringify(range)}`,
        );
      }
    });
  }),

  storageCase('a range with a bound that is not a number holds nothing', async (world) => {
    const storage = await world.open();
    await storage.commit([1, 'text'].map((due) => ({ table: 'notes', id: `n${due}`, value: { due } })));
    for (const range of [
      { lower: NaN },
      { upper: NaN },
      { lower: NaN, upper: 'z' },
      { lower: 0, upper: NaN },
    ]) {
      for (const index of ['due', undefined])
        same(await idsOf(storage, 'notes', { ...(index && { index }), range }), [], 'ids');
    }
  }),

  storageCase('a range over ids tells a prefix from its siblings', async (world) => {
    const storage = await world.open();
    const ids = ['note', 'notebook', 'note/1', 'notf', 'not'];
    await storage.commit(ids.map((id) => ({ table: 'notes', id, value: {} })));
    same(await idsOf(storage, 'notes', { range: { lower: 'note', upper: 'note' } }), ['note'], 'one id');
    same(
      await idsOf(storage, 'notes', { range: { lower: 'note', upper: 'notf', upperOpen: true } }),
      ['note', 'note/1', 'notebook'],
      'ids from note to notf',
    );
    same(await idsOf(storage, 'notes', { range: { lower: 'x' } }), [], 'ids past the end');
  }),

  storageCase(
    'halves of pairs, and the ends of what there is, lie where their code units do',
    async (world) => {
      await forBoth(world, shuffled(extremes), async (storage) => {
        const rows = await storage.scan('notes', { index: 'due' });
        same(
          rows.map(({ value }) => (value as { due: Json }).due),
          extremes,
          'keys',
        );
        for (const [at, key] of extremes.entries()) {
          const from = await storage.scan('notes', { index: 'due', range: { lower: key } });
          const upTo = await storage.scan('notes', { index: 'due', range: { upper: key, upperOpen: true } });
          same(from, rows.slice(at), `rows from ${JSON.stringify(key)}`);
          same(upTo, rows.slice(0, at), `rows before ${JSON.stringify(key)}`);
        }
      });
      const storage = await world.open();
      await storage.commit(extremeIds.map((id) => ({ table: 'outbox', id, value: 1 })));
      for (const [at, id] of extremeIds.entries()) {
        const after = await idsOf(storage, 'outbox', { range: { lower: id, lowerOpen: true } });
        const upTo = await idsOf(storage, 'outbox', { range: { upper: id }, reverse: true });
        same(after, extremeIds.slice(at + 1), `ids after ${JSON.stringify(id)}`);
        same(upTo, extremeIds.slice(0, at + 1).reverse(), `ids up to ${JSON.stringify(id)}, in reverse`);
      }
    },
  ),

  storageCase('limit takes from the end that the scan starts at', async (world) => {
    const storage = await world.open();
    await storage.commit(
      [1, 2, 3, 4, 5].map((due) => ({ table: 'notes', id: `n${6 - due}`, value: { due } })),
    );
    const expected: readonly [ScanOptions, string[]][] = [
      [{ limit: 2 }, ['n1', 'n2']],
      [{ limit: 2, reverse: true }, ['n5', 'n4']],
      [{ limit: 0 }, []],
      [{ limit: Infinity }, ['n1', 'n2', 'n3', 'n4', 'n5']],
      [{ limit: 2 ** 40, reverse: true }, ['n5', 'n4', 'n3', 'n2', 'n1']],
      [{ limit: 99 }, ['n1', 'n2', 'n3', 'n4', 'n5']],
      [{ index: 'due', limit: 2 }, ['n5', 'n4']],
      [{ index: 'due', range: { lower: 2, upper: 4 }, limit: 2, reverse: true }, ['n2', 'n3']],
      [{ index: 'due', range: { lower: 4, upper: 2 }, limit: 2 }, []],
    ];
    for (const [options, ids] of expected)
      same(await idsOf(storage, 'notes', options), ids, JSON.stringify(options));
  }),

  storageCase('a row without a key is not in the index', async (world) => {
    const storage = await world.open();
    const rows: Json[] = [...noKeys.map((due) => ({ due })), {}, null, 5, 'text', [{ due: 1 }], { Due: 1 }];
    await storage.commit(rows.map((value, at) => ({ table: 'notes', id: `n${at}`, value })));
    await storage.commit([{ table: 'notes', id: 'in', value: { due: 0 } }]);
    for (const adapter of [storage, await world.open()]) {
      same(await idsOf(adapter, 'notes', { index: 'due' }), ['in'], 'the index');
      same((await adapter.scan('notes')).length, rows.length + 1, 'number of rows');
    }
  }),

  storageCase('a row moves in the index as its key changes', async (world) => {
    const storage = await world.open();
    const put = (id: string, value: Json) => storage.commit([{ table: 'notes', id, value }]);
    await put('a', { due: 1 });
    await put('b', { due: 2 });
    same(await idsOf(storage, 'notes', { index: 'due' }), ['a', 'b'], 'at first');
    await put('a', { due: 'late' });
    same(await idsOf(storage, 'notes', { index: 'due' }), ['b', 'a'], 'after a moved back');
    await put('b', { due: null });
    same(await idsOf(storage, 'notes', { index: 'due' }), ['a'], 'after b left');
    await put('b', { due: 3 });
    await storage.commit([{ table: 'notes', id: 'a' }]);
    same(await idsOf(storage, 'notes', { index: 'due' }), ['b'], 'after b came back and a was deleted');
    same(
      await storage.scan('notes', { index: 'due' }),
      await storage.get('notes', ['b']),
      'the row in the index',
    );
  }),

  storageCase('an index reads its key at a JSON Pointer, and only what the row itself has', async (world) => {
    const pointers = {
      nested: '/a/b',
      escaped: '/x~1y/m~0n',
      element: '/list/1',
      length: '/list/length',
      name: '/constructor/name',
      whole: '',
    };
    const storage = await world.open({}, { notes: { indexes: pointers } });
    await storage.commit([
      { table: 'notes', id: 'full', value: { a: { b: 1 }, 'x/y': { 'm~n': 'k' }, list: [0, 'one'] } },
      { table: 'notes', id: 'plain', value: 'text' },
    ]);
    for (const [index, ids] of Object.entries({
      nested: ['full'],
      escaped: ['full'],
      element: ['full'],
      length: [],
      name: [],
      whole: ['plain'],
    })) {
      same(await idsOf(storage, 'notes', { index }), ids, `index ${index}`);
    }
  }),
];

/** With rows committed one by one and the index in use, and with rows read back by another adapter. */
async function forBoth(
  world: StorageWorld,
  due: readonly Json[],
  check: (storage: StorageAdapter) => Promise<void>,
): Promise<void> {
  const storage = await world.open();
  for (const [at, key] of due.entries()) {
    await storage.commit([{ table: 'notes', id: `n${at}`, value: { due: key } }]);
    if (at === 0) await storage.scan('notes', { index: 'due' });
  }
  await check(storage);
  await check(await world.reopen(storage));
}

/** Always the same order, far from the sorted one. */
function shuffled<T>(values: readonly T[]): T[] {
  return values.map((_, at) => values[(at * 7 + 3) % values.length] as T);
}

type Range = NonNullable<ScanOptions['range']>;

function ranges(): Range[] {
  const bounds = [undefined, -2, 1, 1.2, 10, '', '10', 'note', 'notebook', 'zzz', '😀', '～'];
  return bounds.flatMap((lower) =>
    bounds.flatMap((upper) =>
      [false, true].flatMap((lowerOpen) =>
        [false, true].map((upperOpen) => ({
          ...(lower === undefined ? {} : { lower, lowerOpen }),
          ...(upper === undefined ? {} : { upper, upperOpen }),
        })),
      ),
    ),
  );
}

/** Said in another way than a sorted array would: by the place in the list of all keys and bounds. */
function within(key: number | string, { lower, upper, lowerOpen, upperOpen }: Range): boolean {
  const after = lower === undefined || isBefore(lower, key) || (lower === key && lowerOpen !== true);
  return after && (upper === undefined || isBefore(key, upper) || (upper === key && upperOpen !== true));
}

function isBefore(a: number | string, b: number | string): boolean {
  return typeof a === typeof b ? a < b : typeof a === 'number';
}
