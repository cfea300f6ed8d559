import { expect, it } from 'vitest';
import { complaints, writeSnippets } from './compile.js';
import { commentFencesOf, fencesOf } from './fences.js';

it('finds fences of TypeScript, with their words and lines', () => {
  const text =
    'One\n\n```ts ignore-run\nlet a = 1;\n```\n\n```sh\nls\n```\n\n- two\n\n  ```ts\n  f({\n    b,\n  });\n  ```\n';
  expect(fencesOf('a.md', text)).toEqual([
    { path: 'a.md', line: 4, info: ['ignore-run'], code: 'let a = 1;\n' },
    { path: 'a.md', line: 14, info: [], code: 'f({\n  b,\n});\n' },
  ]);
});

it('finds those of doc comments', () => {
  const text =
    "const a = '```ts';\n\n/**\n * Adds.\n *\n * @example\n * ```ts\n * add({\n *   a,\n * });\n * ```\n */\nexport const add = 1;\n";
  expect(commentFencesOf('a.ts', text)).toEqual([
    { path: 'a.ts', line: 8, info: [], code: 'add({\n  a,\n});\n' },
  ]);
});

it('complains about code that does not compile, at the line of the document', () => {
  const [sound, broken] = writeSnippets('planted', [
    { path: 'sound.md', line: 5, info: [], code: 'await Promise.resolve(1);\n' },
    {
      path: 'broken.md',
      line: 5,
      info: [],
      code: "import { nothing } from 'syncline';\n\nconst a: number = 'one';\n",
    },
  ]);
  const found = complaints([sound!, broken!]);
  expect(found.get(sound!.file)).toEqual([]);
  expect(found.get(broken!.file)).toEqual([
    expect.stringMatching(/^broken\.md:5: .*nothing/),
    expect.stringMatching(/^broken\.md:7: .*not assignable/),
  ]);
});
