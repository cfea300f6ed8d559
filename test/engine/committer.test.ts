import { memoryStorage } from 'syncline/storage/memory';
import { expect, test, vi } from 'vitest';
import { Committer, type RowMove } from '../../src/engine/committer.js';

const layout = { notes: { indexes: {} } };

test('a row that another tab moved and this tab moves on in one turn is told in that order', async () => {
  const storage = memoryStorage();
  await storage.open(layout);
  const told: RowMove[] = [];
  const committer = new Committer(storage, (moves) => told.push(...moves));
  await storage.commit([{ table: 'notes', id: 'a', value: 'theirs' }]);

  const refreshed = committer.refresh([{ table: 'notes', id: 'a' }]);
  const written = committer.run(async (transaction) => {
    const [value] = await transaction.get('notes', ['a']);
    transaction.put('notes', 'a', `${String(value)}, then ours`);
  });
  await Promise.all([refreshed, written]);
  expect(told.map(({ value }) => value)).toEqual(['theirs', 'theirs, then ours']);
});

test('a refresh tells of what is stored, not of what is about to be', async () => {
  const storage = memoryStorage();
  await storage.open(layout);
  const told: RowMove[] = [];
  const committer = new Committer(storage, (moves) => told.push(...moves));
  await storage.commit([{ table: 'notes', id: 'a', value: 'theirs' }]);

  const written = committer.run(async (transaction) => {
    await transaction.get('notes', ['a']);
    transaction.delete('notes', 'a');
  });
  const refreshed = committer.refresh([
    { table: 'notes', id: 'a' },
    { table: 'notes', id: 'b' },
  ]);
  await Promise.all([refreshed, written]);
  expect(told.at(-1)).toStrictEqual({ table: 'notes', id: 'a', ifRevision: 1 });
  expect(told).toContainEqual({ table: 'notes', id: 'b' });
});

test('a row that is asked for twice in one call is read once, and given twice', async () => {
  const storage = memoryStorage();
  await storage.open(layout);
  await storage.commit([{ table: 'notes', id: 'a', value: 'A' }]);
  const asked = vi.spyOn(storage, 'get');
  const committer = new Committer(storage, () => undefined);
  const found = await committer.run((transaction) => transaction.get('notes', ['a', 'b', 'a']));
  expect(found).toEqual(['A', undefined, 'A']);
  expect(asked.mock.calls).toEqual([['notes', ['a', 'b']]]);
});
