import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/entries.js';
import { filesBelow } from '../package/sources.js';
import { complaints, writeSnippets } from './compile.js';
import { commentFencesOf, fencesOf, read } from './fences.js';

/**
 * What the info string of a fence may say: ```` ```ts ```` is compiled and run to its end in a Node of its own,
 * `ignore-run` is compiled only, `indexeddb` runs with an IndexedDB in memory.
 */
const words = ['ignore-run', 'indexeddb'];

const runMs = 50_000;
const run = promisify(execFile);

const pages = ['README.md', ...filesBelow('docs', '.md')].filter((path) => existsSync(join(root, path)));
const documents = writeSnippets(
  'documents',
  pages.flatMap((path) => fencesOf(path, read(path))),
);
const comments = writeSnippets(
  'comments',
  ['src', 'adapters'].flatMap((folder) =>
    filesBelow(folder, '.ts').flatMap((path) => commentFencesOf(path, read(path))),
  ),
);
const found = complaints([...documents, ...comments]);

describe('documents', () => {
  it('README.md shows code', () => {
    expect(documents.filter(({ fence }) => fence.path === 'README.md')).not.toEqual([]);
  });

  for (const { fence, file } of documents) {
    const name = `${fence.path}:${fence.line}`;

    it(`${name} compiles`, () => {
      expect(fence.info.filter((word) => !words.includes(word))).toEqual([]);
      expect(found.get(file)).toEqual([]);
    });

    if (fence.info.includes('ignore-run')) continue;

    it.concurrent(`${name} runs to its end`, async ({ expect }) => {
      const imports = ['tsx', ...(fence.info.includes('indexeddb') ? ['fake-indexeddb/auto'] : [])];
      const flags = imports.flatMap((specifier) => ['--import', specifier]);
      const done = run(process.execPath, [...flags, file], { cwd: root, timeout: runMs });
      await expect(
        done.then(
          () => 'ended',
          (error: unknown) => error,
        ),
      ).resolves.toBe('ended');
    });
  }
});

describe('doc comments', () => {
  it('show code', () => {
    expect(comments).not.toEqual([]);
  });

  it.each(comments.map(({ fence, file }) => ({ name: `${fence.path}:${fence.line}`, file })))(
    '$name compiles',
    ({ file }) => {
      expect(found.get(file)).toEqual([]);
    },
  );
});
