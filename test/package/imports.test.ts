import { describe, expect, it } from 'vitest';
import { violations, type SourceText } from './doors.js';
import { sourceTexts } from './sources.js';

const core: SourceText[] = [
  { path: 'src/contracts/json.ts', text: 'export type Json = string | null;' },
  { path: 'src/errors.ts', text: "import type { Json } from './contracts/json.js';\nexport class E {}" },
  { path: 'src/diff/diff.ts', text: 'export const diff = 1;' },
  { path: 'src/index.ts', text: "export { diff } from './diff/diff.js';" },
  { path: 'src/server/index.ts', text: 'export const server = 1;' },
  {
    path: 'adapters/storage/idb/index.ts',
    text: "import { openDB } from 'idb'; import { diff } from 'syncline';",
  },
];

function planted(path: string, text: string): string[] {
  return violations([...core.filter((file) => file.path !== path), { path, text }]);
}

describe('the package', () => {
  const files = sourceTexts();

  it('has a core and adapters', () => {
    expect(files.some(({ path }) => path === 'src/index.ts')).toBe(true);
    expect(files.some(({ path }) => path.startsWith('adapters/'))).toBe(true);
  });

  it('keeps its doors', () => {
    expect(violations(files)).toEqual([]);
  });
});

describe('violations', () => {
  it('finds none in sound files', () => {
    expect(violations(core)).toEqual([]);
  });

  it.each([
    [
      'src/contracts/a.ts',
      "import type { E } from '../errors.js';",
      'no door from src/contracts to src/errors',
    ],
    ['src/contracts/a.ts', "import { Json } from './json.js';", 'contracts import types only'],
    ['src/contracts/a.ts', 'export const limit = 3;', 'contracts hold types only'],
    [
      'src/diff/a.ts',
      "import { hlc } from '../causality/clock.js';",
      'no door from src/diff to src/causality',
    ],
    [
      'src/outbox/a.ts',
      "import { reconcile } from '../resolve/reconcile.js';",
      'no door from src/outbox to src/resolve',
    ],
    [
      'src/storage/a.ts',
      "import { p } from '../protocol/values.js';",
      'no door from src/storage to src/protocol',
    ],
    [
      'src/engine/a.ts',
      "import { server } from '../server/index.js';",
      'no door from src/engine to src/server',
    ],
    ['src/server/a.ts', "export { push } from '../engine/push.js';", 'no door from src/server to src/engine'],
    ['src/engine/a.ts', "type T = import('../server/index.js').T;", 'no door from src/engine to src/server'],
    [
      'src/engine/a.ts',
      "const m = await import('../../adapters/storage/idb/index.js');",
      'never imports an adapter',
    ],
    ['src/engine/a.ts', "import { x } from 'syncline';", 'the core imports itself by path'],
    ['src/engine/a.ts', "import { z } from 'zod';", 'does not import this package'],
    ['src/outbox/a.ts', "import { Subject } from 'rxjs';", 'does not import this package'],
    ['src/engine/a.ts', "import { readFile } from 'node:fs';", 'does not import this package'],
    ['src/extra/a.ts', "import { E } from '../errors.js';", 'not in the table of doors'],
    ['src/index.ts', "export * from './diff/diff.js';", 'list exports by hand'],
    ['src/index.ts', "export * as diff from './diff/diff.js';", 'list exports by hand'],
    ['adapters/transport/http/a.ts', "import { diff } from '../../../src/diff/diff.js';", "as 'syncline'"],
    [
      'adapters/transport/http/a.ts',
      "import { x } from 'syncline/storage/idb';",
      'never imports another adapter',
    ],
    [
      'adapters/transport/http/a.ts',
      "import { x } from '../../storage/idb/index.js';",
      'never imports another',
    ],
    ['adapters/testing/a.ts', "import { x } from '../storage/idb/index.js';", 'by its public name'],
    ['adapters/shared/a.ts', "import { x } from '../storage/idb/index.js';", 'never imports another adapter'],
    ['adapters/transport/http/a.ts', "import { openDB } from 'idb';", 'does not import this package'],
    ['adapters/transport/http/a.ts', "import { z } from 'zod';", 'does not import this package'],
    ['adapters/transport/http/a.ts', "import { createServer } from 'node:http';", 'knows no Node'],
  ])('%s: %s', (path, text, expected) => {
    expect(planted(path, text)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    'Date.now()',
    'new Date()',
    'Math.random()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'crypto.randomUUID()',
    'globalThis.crypto',
    'performance.now()',
    "fetch('/')",
    'indexedDB.open("a")',
    'console.log(1)',
    'AbortSignal.timeout(1)',
    'f({ fetch })',
    'f({ now: performance })',
  ])('no ambient %s in the core', (text) => {
    expect(planted('src/engine/a.ts', `export const a = ${text};`)).toHaveLength(1);
    expect(planted('src/runtime.ts', `export const a = ${text};`)).toEqual([]);
  });

  it.each([
    'runtime.setTimeout(f, 1)',
    'runtime.now()',
    'new Date(nowMs)',
    '{ fetch: options.fetch }',
    '(options: { fetch(url: string): void }) => options.fetch("/")',
    '(a: typeof fetch) => a',
  ])('but %s is sound', (text) => {
    expect(planted('src/engine/a.ts', `export const a = ${text};`)).toEqual([]);
  });

  it('lets the testing kit use adapters by name', () => {
    expect(planted('adapters/testing/a.ts', "import { x } from 'syncline/storage/idb';")).toEqual([]);
  });

  it('finds cycles, of types too', () => {
    expect(
      violations([
        { path: 'src/diff/a.ts', text: "import type { B } from './b.js';" },
        { path: 'src/diff/b.ts', text: "import type { A } from './a.js';" },
      ]),
    ).toEqual(['cycle: src/diff/a.ts → src/diff/b.ts → src/diff/a.ts']);
  });

  it('says where', () => {
    expect(planted('src/engine/a.ts', '\n\nDate.now();')).toEqual([
      expect.stringMatching(/^src\/engine\/a\.ts:3: /),
    ]);
  });
});
