import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entries, root } from '../../scripts/entries.js';
import { filesBelow } from './sources.js';

const { exports, sideEffects, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('exports', () => {
  it.each(entries())('$subpath has its source, $source', ({ source }) => {
    expect(existsSync(join(root, source))).toBe(true);
  });

  it('has a subpath for every adapter, and no other', () => {
    const doors = filesBelow('adapters', '/index.ts')
      .filter(
        (path) => path.startsWith('adapters/testing/') === false || path === 'adapters/testing/index.ts',
      )
      .map((path) => path.replace(/^adapters/, '.').replace(/\/index\.ts$/, ''));
    const adapters = entries().filter(({ source }) => source.startsWith('adapters/'));
    expect(adapters.map(({ subpath }) => subpath).sort()).toEqual(doors.sort());
  });

  it('gives each its types first, then `default`, so that require works as well', () => {
    for (const { subpath, output } of entries()) {
      expect(Object.entries(exports[subpath])).toEqual([
        ['types', `./dist/${output}.d.ts`],
        ['default', `./dist/${output}.js`],
      ]);
    }
  });

  it('is ESM without side effects', () => {
    expect({ type, sideEffects }).toEqual({ type: 'module', sideEffects: false });
  });
});
