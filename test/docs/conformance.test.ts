import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { conformancePage } from '../../scripts/conformance-table.js';
import { entries, root } from '../../scripts/entries.js';
import { subjects } from '../adapters/subjects/index.js';
import { filesBelow } from '../package/sources.js';
import { read } from './fences.js';

test('docs/conformance.md has every adapter and every case, and all of them passed', () => {
  const all = conformancePage((subject, name) =>
    subject.cases.some((one) => one.name === name) ? 'passed' : undefined,
  );
  expect(read('docs/conformance.md'), 'run `npx tsx scripts/conformance-table.ts`').toBe(all);
});

test('every subject of the page is held to its cases by a test', () => {
  const tests = filesBelow('test/adapters', '.test.ts').map((path) => readFileSync(join(root, path), 'utf8'));
  const holding = tests.filter((text) => /^hold\(/m.test(text)).join('\n');
  const files = filesBelow('test/adapters/subjects', '.ts').filter((path) =>
    /import \{ (held, )?subject \}/.test(readFileSync(join(root, path), 'utf8')),
  );
  expect(files).not.toEqual([]);
  for (const path of files) expect(holding).toContain(`'../subjects/${basename(path, '.ts')}.js'`);
});

test('every storage, transport, server store and bus of the package is in the page', () => {
  const kinds = /^\.\/(storage|transport|server-store|server-bus)\//;
  const adapters = entries().filter(({ subpath }) => kinds.test(subpath));
  const lists = filesBelow('test/adapters/subjects', '.ts').map(read).join('\n');
  for (const { specifier } of adapters) expect(lists).toContain(`'${specifier}'`);
  expect(new Set(subjects.map(({ kit, name }) => `${kit} ${name}`)).size).toBe(subjects.length);
});
