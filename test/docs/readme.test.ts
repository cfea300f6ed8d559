import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { logDeviceCases, storageCases } from 'syncline/testing';
import { expect, test } from 'vitest';
import { entries, root } from '../../scripts/entries.js';
import { filesBelow } from '../package/sources.js';
import { writeSnippets } from './compile.js';
import { fencesOf, read } from './fences.js';

const readme = read('README.md');
const run = promisify(execFile);

test('the example of the README prints what the README says', async () => {
  const said = /```text\n([\s\S]*?)```/.exec(readme)?.[1];
  const [example] = writeSnippets('readme', fencesOf('README.md', readme).slice(0, 1));
  const { stdout } = await run(process.execPath, ['--import', 'tsx', example?.file ?? ''], { cwd: root });
  expect(stdout).toBe(said);
});

test('the table of adapters has every door but the two of the core', () => {
  const rows = [...readme.matchAll(/^\| `(syncline\/[^`]+)` \|(.*?)\|/gm)];
  const adapters = entries().filter(({ source }) => source.startsWith('adapters/'));
  expect(rows.map(([, specifier]) => specifier).sort()).toEqual(
    adapters.map(({ specifier }) => specifier).sort(),
  );
  for (const [, specifier, factories] of rows) {
    const source = read(adapters.find((adapter) => adapter.specifier === specifier)?.source ?? '');
    for (const [, factory] of factories?.matchAll(/`(\w+)/g) ?? [])
      expect(source, specifier).toMatch(new RegExp(`export (async )?(function )?.*\\b${factory}\\b`));
  }
});

test('the figures of the README are those of the tests', () => {
  const figure = (pattern: RegExp) => Number(pattern.exec(readme)?.[1]?.replace(',', ''));
  expect(storageCases.length + logDeviceCases.length).toBeGreaterThan(
    figure(/more than (\d+) conformance cases/),
  );
  const laws = read('test/resolve/rules-laws.test.ts');
  expect(laws).toContain(`numRuns: ${figure(/with ([\d,]+) random inputs/)} `);
  const kills = read('test/e2e/kill.test.ts');
  expect(kills).toContain(`tabKills = ${figure(/a writing tab (\d+) times/)};`);
  expect(kills).toContain(`browserKills = ${figure(/whole browser (\d+) times/)};`);
});

test('links between the documents lead somewhere', () => {
  const broken: string[] = [];
  for (const path of ['README.md', ...filesBelow('docs', '.md')]) {
    for (const [, target] of read(path).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!existsSync(resolve(join(root, dirname(path)), target!))) broken.push(`${path}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});
