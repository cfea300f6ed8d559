import type { Json } from 'syncline';

/** The document of RFC 6901, section 5. */
export const document: Json = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

/** The pointers given there that lead to a member of an object, or to the whole, and what is there. */
export const values: readonly (readonly [pointer: string, value: Json])[] = [
  ['', document],
  ['/foo', ['bar', 'baz']],
  ['/', 0],
  ['/a~1b', 1],
  ['/c%d', 2],
  ['/e^f', 3],
  ['/g|h', 4],
  ['/i\\j', 5],
  ['/k"l', 6],
  ['/ ', 7],
  ['/m~0n', 8],
];

/** Pointers that lead nowhere in that document. */
export const nowhere: readonly string[] = ['/bar', '/bar/0', '/toString'];
