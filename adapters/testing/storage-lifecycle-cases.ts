import { defaultRuntime, type RowRef, type StorageLayout } from 'syncline';
import { holds, rejects, same } from './check.js';
import { idsOf, layout, storageCase, valueOf, type StorageCase } from './storage-world.js';

const grown: StorageLayout = {
  notes: { indexes: { due: '/due', title: '/title' } },
  outbox: { indexes: {} },
  tags: { indexes: { use: '/use' } },
};

/** What opening, closing and removing must do. */
export const storageLifecycleCases: readonly StorageCase[] = [
  storageCase('what was committed is there after a restart, indexes included', async (world) => {
    let storage = await world.open();
    for (let at = 0; at < 5; at++) {
      await storage.commit([{ table: 'notes', id: `n${at}`, value: { due: -at } }]);
      storage = await world.reopen(storage);
    }
    same(await idsOf(storage, 'notes', { index: 'due' }), ['n4', 'n3', 'n2', 'n1', 'n0'], 'the index');
    same(await idsOf(storage, 'notes'), ['n0', 'n1', 'n2', 'n3', 'n4'], 'the rows');
  }),

  storageCase('nothing can be done before open', async (world) => {
    const storage = world.create();
    await rejects(storage.get('notes', ['a']), 'storage-closed', 'get');
    await rejects(storage.scan('notes'), 'storage-closed', 'scan');
    await rejects(storage.commit([{ table: 'notes', id: 'a', value: 1 }]), 'storage-closed', 'commit');
  }),

  storageCase('nothing can be done after close', async (world) => {
    const storage = await world.open();
    await storage.close();
    await rejects(storage.get('notes', ['a']), 'storage-closed', 'get');
    await rejects(storage.scan('notes'), 'storage-closed', 'scan');
    await rejects(storage.commit([{ table: 'notes', id: 'a', value: 1 }]), 'storage-closed', 'commit');
    same(await (await world.open()).scan('notes'), [], 'rows');
  }),

  storageCase('close may be called twice, at once, and before open', async (world) => {
    await world.create().close();
    const storage = await world.open();
    await Promise.all([storage.close(), storage.close()]);
    await storage.close();
  }),

  storageCase('a second open is refused, and does not stand between commits and close', async (world) => {
    const storage = await world.open();
    const commits = Promise.all(
      [1, 2, 3].map((at) => storage.commit([{ table: 'notes', id: `n${at}`, value: at }])),
    );
    // Where the case fails before, nobody waits for them.
    commits.catch(() => undefined);
    await rejects(storage.open(layout), 'storage-closed', 'a second open');
    await storage.close();
    await commits;
    same(await idsOf(await world.open(), 'notes'), ['n1', 'n2', 'n3'], 'rows');
  }),

  storageCase('close lets the commits issued before it settle', async (world) => {
    const storage = await world.open();
    let open = 3;
    const commits = Promise.all(
      [1, 2, 3].map((at) =>
        storage.commit([{ table: 'notes', id: `n${at}`, value: at }]).finally(() => open--),
      ),
    );
    commits.catch(() => undefined);
    await storage.close();
    // Callbacks of what has settled come within the same turn of the event loop.
    await new Promise<void>((resolve) => defaultRuntime.setTimer(0, resolve));
    same(open, 0, 'number of commits that had not settled when close resolved');
    await commits;
    same(await idsOf(await world.open(), 'notes'), ['n1', 'n2', 'n3'], 'rows');
  }),

  storageCase('destroy leaves nothing behind', async (world) => {
    const storage = await world.open();
    await storage.commit([{ table: 'notes', id: 'a', value: { due: 1 } }]);
    await storage.destroy();
    await rejects(storage.get('notes', ['a']), 'storage-closed', 'get after destroy');
    await storage.close();
    const fresh = await world.open();
    same(await fresh.scan('notes'), [], 'rows');
    await fresh.commit([{ table: 'notes', id: 'b', value: { due: 1 }, ifRevision: 0 }]);
    same(await idsOf(await world.reopen(fresh), 'notes', { index: 'due' }), ['b'], 'rows of the new store');
  }),

  storageCase('new tables and indexes bring the rows that are there along', async (world) => {
    const storage = await world.open();
    await storage.commit([
      { table: 'notes', id: 'a', value: { due: 1, title: 'z' } },
      { table: 'notes', id: 'b', value: { due: 2, title: 'y' } },
      { table: 'notes', id: 'c', value: { due: 3 } },
    ]);
    const later = await world.reopen(storage, grown);
    same(await idsOf(later, 'notes', { index: 'title' }), ['b', 'a'], 'the new index');
    same(await idsOf(later, 'notes', { index: 'due' }), ['a', 'b', 'c'], 'the old index');
    same(await later.scan('tags', { index: 'use' }), [], 'the new table');
    await later.commit([
      { table: 'tags', id: 't', value: { use: 1 } },
      { table: 'notes', id: 'c', value: { due: 3, title: 'a' } },
    ]);
    same(await idsOf(later, 'notes', { index: 'title' }), ['c', 'b', 'a'], 'the new index after a write');
  }),

  storageCase('any text names a table, and an index of its own', async (world) => {
    const names = ['constructor', '__proto__', '$own', 'Notes', 'notes', 'a\nb', '"a"', 'é', ''];
    const indexNames = ['constructor', '__proto__', '/a~1b', '/abc/def', '/a\ubc2fdef', 'A', 'a', ''];
    const of = (indexes: readonly string[]): StorageLayout =>
      Object.fromEntries(
        names.map((name) => [
          name,
          { indexes: Object.fromEntries(indexes.map((index) => [index, `/${indexNames.indexOf(index)}`])) },
        ]),
      );
    const first = await world.open({}, of(indexNames.slice(4)));
    await first.commit(
      names.flatMap((table) =>
        indexNames.map((_index, at) => ({ table, id: `${table} ${at}`, value: { [at]: table } })),
      ),
    );
    const grown = await world.reopen(first, of(indexNames));
    for (const table of names) {
      for (const [at, index] of indexNames.entries())
        same(await idsOf(grown, table, { index }), [`${table} ${at}`], `'${table}' by '${index}'`);
    }
  }),

  storageCase('rows of a table that an older release does not know are kept', async (world) => {
    const newer = await world.open({}, grown);
    await newer.commit([{ table: 'tags', id: 't', value: { use: 1 } }]);
    const older = await world.reopen(newer, layout);
    await older.commit([{ table: 'notes', id: 'a', value: 1 }]);
    const again = await world.reopen(older, grown);
    same(await valueOf(again, 'tags', 't'), { use: 1 }, 'the row');
    same(await idsOf(again, 'tags', { index: 'use' }), ['t'], 'the index');
  }),

  storageCase('an index holds what was written by an older release that does not know it', async (world) => {
    const newer = await world.open({}, grown);
    await newer.commit([
      { table: 'notes', id: 'a', value: { title: 'z' } },
      { table: 'notes', id: 'gone', value: { title: 'y' } },
    ]);
    const older = await world.reopen(newer, layout);
    await older.commit([
      { table: 'notes', id: 'a', value: { title: 'b' } },
      { table: 'notes', id: 'b', value: { title: 'a' } },
      { table: 'notes', id: 'gone' },
    ]);
    const again = await world.reopen(older, grown);
    same(await idsOf(again, 'notes', { index: 'title' }), ['b', 'a'], 'the index');
  }),

  storageCase('an adapter is told of no row of a table that it does not declare', async (world) => {
    const moved: RowRef[] = [];
    const newer = await world.open({}, grown);
    const older = await world.open({ changed: (rows) => void moved.push(...rows) });
    await newer.commit([
      { table: 'tags', id: 't', value: { use: 1 } },
      { table: 'notes', id: 'a', value: 1 },
    ]);
    await older.commit([{ table: 'notes', id: 'own', value: 1 }]);
    holds(moved.length > 0, '`changed` was never called');
    same(
      moved.filter(({ table }) => table !== 'notes'),
      [],
      'rows that nobody can read here',
    );
  }),
];
