import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toJson } from '../../src/diff/json.js';
import { isSyncError, type SyncError } from '../../src/errors.js';
import { jsonArb } from './arbitraries.js';

class Point {
  x = 1;
}

function errorOf(run: () => unknown): SyncError {
  try {
    run();
  } catch (error) {
    if (isSyncError(error, 'validation')) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function nested(depth: number): unknown {
  return depth === 0 ? 'x' : { a: nested(depth - 1) };
}

const cyclic: Record<string, unknown> = { a: { b: [] } };
(cyclic.a as { b: unknown[] }).b.push(cyclic);
const cyclicArray: unknown[] = [];
cyclicArray.push([cyclicArray]);

const strange: [string, unknown, string, string][] = [
  ['NaN', { a: NaN }, '/a', 'NaN'],
  ['an infinity', { a: [1, -Infinity] }, '/a/1', '-Infinity'],
  ['a bigint', 1n, '', 'a bigint'],
  ['a function', { a: () => 1 }, '/a', 'a function'],
  ['a method named toJSON', { toJSON: () => 1 }, '/toJSON', 'a function'],
  ['a symbol', [Symbol('s')], '/0', 'a symbol'],
  ['undefined', undefined, '', 'undefined'],
  ['undefined in an array', { a: [1, undefined] }, '/a/1', 'undefined'],
  ['a hole in an array', { a: new Array(2) }, '/a/0', 'undefined'],
  ['a Date', { 'at/on~': new Date(0) }, '/at~1on~0', 'an instance of Date'],
  ['a Map', new Map(), '', 'an instance of Map'],
  ['a typed array', { a: new Uint8Array(1) }, '/a', 'an instance of Uint8Array'],
  ['an error', new Error('x'), '', 'an instance of Error'],
  ['a boxed string', [new String('x')], '/0', 'an instance of String'],
  ['an instance of a class', { a: new Point() }, '/a', 'an instance of Point'],
  ['an instance of a nameless class', new (class {})(), '', 'an instance of a class'],
  ['an object that inherits data', Object.create({ a: 1 }), '', 'an instance of Object'],
  ['a promise', Promise.resolve(1), '', 'an instance of Promise'],
  ['a cycle', cyclic, '/a/b/0', 'a cycle'],
  ['a cycle of arrays', cyclicArray, '/0/0', 'a cycle'],
  ['the key __proto__', JSON.parse('{"a":{"__proto__":1}}'), '/a/__proto__', 'the key "__proto__"'],
  ['the key constructor', { constructor: 1 }, '/constructor', 'the key "constructor"'],
  ['the key prototype', [{ prototype: {} }], '/0/prototype', 'the key "prototype"'],
  ['33 levels', nested(33), '/a'.repeat(32), 'more than 32 levels of nesting'],
];

describe('toJson', () => {
  it.each(strange)('refuses %s and says where', (_what, value, path, found) => {
    const error = errorOf(() => toJson(value));
    expect(error.details).toEqual({ path, found });
    expect(error.message).toContain(found);
  });

  it('accepts all JSON', () => {
    fc.assert(fc.property(jsonArb, (value) => void toJson(value)));
  });

  it('accepts one object in two places, objects without a prototype, and 32 levels', () => {
    const shared = { a: 1 };
    toJson({ b: shared, c: [shared, shared] });
    toJson(Object.assign(Object.create(null), { a: 1 }));
    toJson(nested(32));
  });

  it('can be told the depth, and where the value stands', () => {
    toJson(nested(3), { maxDepth: 3 });
    const error = errorOf(() => toJson(nested(3), { maxDepth: 2, path: '/over/here' }));
    expect(error.details.path).toBe('/over/here/a/a');
  });

  it('leaves out undefined properties, in a copy', () => {
    const value = { a: 1, b: undefined, c: { d: undefined, e: [{ f: undefined, g: null }] }, h: 2 };
    expect(toJson(value)).toStrictEqual({ a: 1, c: { e: [{ g: null }] }, h: 2 });
    expect(Object.keys(value)).toContain('b');
  });

  it('gives back the very same value when there is nothing to change', () => {
    const value = { a: [1, { b: 'x' }], c: null };
    expect(toJson(value)).toBe(value);
    const half = { kept: value, gone: undefined };
    expect((toJson(half) as { kept: unknown }).kept).toBe(value);
  });

  it('writes 0 for -0', () => {
    expect(Object.is(toJson(-0), 0)).toBe(true);
    const [first, second] = toJson([1, -0]) as number[];
    expect([first, Object.is(second, 0)]).toEqual([1, true]);
  });

  it('gives back what JSON would', () => {
    const looseArb = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        jsonArb,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(tie('value'), { nil: undefined }), {
          noNullPrototype: true,
        }),
      ),
    })).value;
    fc.assert(
      fc.property(looseArb, (value) => {
        const copy = structuredClone(value);
        const json = toJson(value, { maxDepth: 64 });
        expect(json).toStrictEqual(JSON.parse(JSON.stringify(value)));
        expect(toJson(json, { maxDepth: 64 })).toBe(json);
        expect(value).toStrictEqual(copy);
      }),
    );
  });
});
