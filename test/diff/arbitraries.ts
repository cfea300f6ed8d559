import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/contracts/json.js';

/** Keys that collide, need escaping in a pointer, or are the names of inherited members. */
export const keyArb: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'note', 'notebook') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '~', '/', '~0', '~1', 'a/b', 'm~n', '0', '-', 'toString', 'length'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }).filter(isSafe) },
);

const leafArb: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 53 + 2,
    '',
    'x',
    '\ud800',
    '0',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'binary', maxLength: 4 }),
);

const { tree } = fc.letrec<{ tree: Json; object: JsonObject }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leafArb,
    fc.array(tie('tree'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(keyArb, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
}));

export const jsonArb: fc.Arbitrary<Json> = tree;
export const objectArb: fc.Arbitrary<JsonObject> = fc.dictionary(keyArb, tree, {
  maxKeys: 5,
  noNullPrototype: true,
});
export const maybeJsonArb: fc.Arbitrary<Json | undefined> = fc.option(jsonArb, { nil: undefined });

/** Pairs that have most of their content in common. */
export const relatedArb: fc.Arbitrary<readonly [JsonObject, JsonObject]> = fc.oneof(
  fc.tuple(objectArb, objectArb),
  fc.tuple(objectArb, objectArb, objectArb).map(
    ([common, a, b]) =>
      [
        { ...common, ...a },
        { ...common, ...b },
      ] as const,
  ),
  fc
    .tuple(objectArb, objectArb, objectArb)
    .map(([common, a, b]) => [{ c: { ...common, ...a } }, { c: { ...common, ...b } }] as const),
);

/** The same value with the keys of each object in another order. */
export function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
}

function isSafe(key: string): boolean {
  return !['__proto__', 'constructor', 'prototype'].includes(key);
}
