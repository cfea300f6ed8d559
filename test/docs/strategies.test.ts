import { expect, test } from 'vitest';
import {
  clientWins,
  concat,
  custom,
  lastWriteWins,
  latest,
  list,
  local,
  manual,
  manualField,
  max,
  merge,
  min,
  remote,
  rule,
  serverWins,
  sum,
  text,
  union,
  type ConflictStrategy,
  type FieldRule,
} from 'syncline';
import { read } from './fences.js';

const page = read('docs/strategies.md');

/** The rows of the table whose first cell is code, as cells. */
function rowsOf(heading: string): string[][] {
  const section = page.slice(page.indexOf(`| ${heading} |`)).split('\n\n')[0] ?? '';
  return section
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const rules: Record<string, FieldRule> = {
  '`latest()`': latest(),
  '`local()`': local(),
  '`remote()`': remote(),
  '`max()`': max(),
  '`min()`': min(),
  '`sum()`': sum(),
  '`union()`': union(),
  '`concat()`': concat(),
  '`text()`': text(),
  '`list({ key })`': list({ key: 'id' }),
  '`manualField()`': manualField(),
  '`rule(name, fn)`': rule('mine', () => null),
};

test('docs/strategies.md says of each field rule which laws it claims', () => {
  const said = rowsOf('rule').map(([name, , ...laws]) => [name, ...laws]);
  const word = (claimed: boolean) => (claimed ? 'yes' : 'no');
  expect(said).toEqual(
    Object.entries(rules).map(([name, { laws }]) => [
      name,
      word(laws.commutative),
      word(laws.associative),
      word(laws.idempotent),
    ]),
  );
});

const strategies: Record<string, ConflictStrategy> = {
  '`lastWriteWins()`': lastWriteWins(),
  '`merge({ fields, otherwise })`': merge(),
  '`clientWins()`': clientWins(),
  '`serverWins()`': serverWins(),
  '`manual()`': manual(),
  '`custom(decide)`': custom(() => 'conflict'),
};

const deletesInWords: Record<ConflictStrategy['deletes'], string> = {
  latest: '`latest`',
  'delete-wins': '`delete-wins`',
  'update-wins': '`update-wins`',
  conflict: '`conflict`',
  'local-wins': 'the operation wins',
  'remote-wins': 'the record wins',
};

test('docs/strategies.md says of each strategy what it does with deletes', () => {
  const said = rowsOf('strategy').map(([name, , deletes]) => [name, deletes]);
  expect(said).toEqual(
    Object.entries(strategies).map(([name, { deletes }]) => [name, deletesInWords[deletes]]),
  );
});
