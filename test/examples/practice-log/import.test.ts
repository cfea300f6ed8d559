import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { expect, test } from 'vitest';
import { sideOfStore } from '../../../examples/practice-log/compare.js';
import { importLimits, importPieces, readPieceFile } from '../../../examples/practice-log/import.js';
import { entities } from '../../../examples/practice-log/piece.js';
import { readPieces } from '../../../examples/practice-log/rows.js';

function createWorld() {
  const store = memoryStore();
  const server = createSyncServer({ entities, store, mode: 'development', limits: importLimits });
  return { store, server };
}

test('a catalogue arrives as one transaction, under the name of its source', async () => {
  const { store, server } = createWorld();
  const pieces = await readPieceFile('examples/practice-log/catalogue.json');
  expect(await importPieces(server, pieces, 'Catalogue')).toEqual({ added: 325, present: 0 });
  const { records } = await sideOfStore('the server', store);
  for (const piece of pieces) expect(records.get(`piece/${piece.id}`)).toEqual(piece);
  const seqs = (await store.changesSince('default', { after: 0, limit: 1_000 })).records.map(
    ({ seq }) => seq,
  );
  expect(new Set(seqs).size).toBe(1);
  expect([...records.values()]).toContainEqual({ id: expect.any(String), name: 'Catalogue' });
});

test('a second import leaves what is there alone and adds the rest', async () => {
  const { store, server } = createWorld();
  const [first, second] = [
    readPieces('composer,title,minutes\nA,One,1\n', 'csv'),
    readPieces('composer,title,minutes\nA,One,9\nB,Two,2\n', 'csv'),
  ];
  await importPieces(server, first, 'a file');
  expect(await importPieces(server, second, 'another file')).toEqual({ added: 1, present: 1 });
  const { records } = await sideOfStore('the server', store);
  expect(records.get('piece/a-one')).toMatchObject({ minutes: 1 });
  expect(records.get('piece/b-two')).toMatchObject({ minutes: 2 });
});

test('an import that the server refuses leaves nothing behind', async () => {
  const store = memoryStore();
  const server = createSyncServer({
    entities,
    store,
    mode: 'development',
    authorize: ({ action, entityId }) => action === 'read' || entityId !== 'b-two',
  });
  await expect(
    importPieces(server, readPieces('composer,title\nA,One\nB,Two\nC,Three\n', 'csv'), 'a file'),
  ).rejects.toThrow();
  expect((await sideOfStore('the server', store)).records.size).toBe(0);
});
