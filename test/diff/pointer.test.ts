import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatPointer,
  isPrefix,
  lookup,
  overlaps,
  parsePointer,
  setAt,
  unsetAt,
} from '../../src/diff/pointer.js';
import { isSyncError } from '../../src/errors.js';
import { document, nowhere, values } from '../support/rfc6901.js';
import { jsonArb, keyArb, objectArb } from './arbitraries.js';

const segmentsArb = fc.array(keyArb, { maxLength: 4 });
const refused = expect.toSatisfy((error) => isSyncError(error, 'validation'));

describe('RFC 6901, section 5', () => {
  it.each(values)('"%s"', (path, value) => {
    expect(lookup(document, path)).toEqual({ value, blocked: false });
  });

  it.each(nowhere)('"%s" leads to nothing', (path) => {
    expect(lookup(document, path)).toEqual({ value: undefined, blocked: false });
  });

  it('ends at what is no object; an array is one value', () => {
    expect(lookup(document, '/foo/0')).toEqual({ value: ['bar', 'baz'], blocked: true });
    expect(lookup(document, '//')).toEqual({ value: 0, blocked: true });
  });
});

describe('the text of a pointer', () => {
  it('is the segments and back', () => {
    fc.assert(
      fc.property(segmentsArb, (segments) => {
        expect(parsePointer(formatPointer(segments))).toEqual(segments);
      }),
    );
  });

  it('unescapes ~1 before ~0', () => {
    expect(parsePointer('/~01/~00/~10')).toEqual(['~1', '~0', '/0']);
  });

  it.each([
    'a',
    'a/b',
    '#/a',
    '/~',
    '/~2',
    '/a~',
    '/a/~x',
    '/__proto__',
    '/a/constructor',
    '/prototype/b',
    '/a'.repeat(65),
  ])('refuses "%s"', (path) => {
    expect(() => parsePointer(path)).toThrow(refused);
  });
});

describe('looking up', () => {
  it('finds what was set, and leaves the original alone', () => {
    fc.assert(
      fc.property(objectArb, segmentsArb, jsonArb, (data, segments, value) => {
        fc.pre(segments.length > 0);
        const copy = structuredClone(data);
        const path = formatPointer(segments);
        const set = setAt(data, path, value);
        expect(lookup(set, path)).toEqual({ value, blocked: false });
        expect(data).toEqual(copy);
      }),
    );
  });

  it('is blocked by an ancestor that is no object', () => {
    expect(lookup({ a: 5 }, '/a/b/c')).toEqual({ value: 5, blocked: true });
    expect(lookup({ a: null }, '/a/b')).toEqual({ value: null, blocked: true });
    expect(lookup({ a: ['x'] }, '/a/0')).toEqual({ value: ['x'], blocked: true });
    expect(lookup({ a: 5 }, '/a')).toEqual({ value: 5, blocked: false });
  });

  it('finds nothing where nothing is', () => {
    const nothing = { value: undefined, blocked: false };
    expect(lookup(undefined, '/a')).toEqual(nothing);
    expect(lookup(undefined, '')).toEqual(nothing);
    expect(lookup({}, '/a/b')).toEqual(nothing);
    expect(lookup({}, '/toString')).toEqual(nothing);
    expect(lookup({ a: {} }, '/a/hasOwnProperty/call')).toEqual(nothing);
  });
});

describe('setting', () => {
  it('shares what lies beside the path', () => {
    const data = { a: { b: { c: 1 }, d: { e: 1 } }, f: { g: 1 } };
    const set = setAt(data, '/a/b/c', 2);
    expect(set).toEqual({ a: { b: { c: 2 }, d: { e: 1 } }, f: { g: 1 } });
    expect(set.f).toBe(data.f);
    expect(lookup(set, '/a/d').value).toBe(data.a.d);
  });

  it('creates missing parents and replaces what is in the way', () => {
    expect(setAt({}, '/a//b', 1)).toEqual({ a: { '': { b: 1 } } });
    expect(setAt({ a: [1, 2], z: 0 }, '/a/0', 1)).toEqual({ a: { 0: 1 }, z: 0 });
  });

  it('replaces the whole at the root by an object only', () => {
    expect(setAt({ a: 1 }, '', { b: 2 })).toEqual({ b: 2 });
    for (const value of [null, 1, 'x', []]) expect(() => setAt({}, '', value)).toThrow(refused);
  });
});

describe('unsetting', () => {
  it('takes away that value and nothing else', () => {
    fc.assert(
      fc.property(objectArb, segmentsArb, jsonArb, (data, segments, value) => {
        fc.pre(segments.length > 0);
        const path = formatPointer(segments);
        const parent = formatPointer(segments.slice(0, -1));
        const set = setAt(data, path, value);
        const unset = unsetAt(set, path);
        expect(lookup(unset, path).value).toBeUndefined();
        expect(setAt(unset, path, value)).toEqual(set);
        expect(lookup(unset, parent).value).toBeDefined();
      }),
    );
  });

  it('does nothing where nothing is', () => {
    const data = { a: 5, b: {} };
    for (const path of ['/c', '/a/b', '/b/c', '/b/toString', '/c/d']) expect(unsetAt(data, path)).toBe(data);
  });

  it('leaves empty parents, and an empty object of the whole', () => {
    expect(unsetAt({ a: { b: 1 } }, '/a/b')).toEqual({ a: {} });
    expect(unsetAt({ 'a/b': 1, 'a~1b': 2 }, '/a~1b')).toEqual({ 'a~1b': 2 });
    expect(unsetAt({ a: 1 }, '')).toEqual({});
  });
});

describe('prefixes', () => {
  it('count whole segments', () => {
    expect(overlaps('/note', '/notebook')).toBe(false);
    expect(overlaps('/note', '/note/book')).toBe(true);
    expect(overlaps('/note/book', '/note')).toBe(true);
    expect(overlaps('', '/anything')).toBe(true);
    expect(isPrefix('/a/b', '/a')).toBe(false);
    expect(isPrefix('/', '/a')).toBe(false);
    expect(isPrefix('/', '//a')).toBe(true);
  });

  it('agree with a comparison of the segments', () => {
    fc.assert(
      fc.property(segmentsArb, segmentsArb, fc.boolean(), (a, rest, nested) => {
        const b = nested ? [...a, ...rest] : rest;
        const expected = a.length <= b.length && a.every((segment, i) => segment === b[i]);
        expect(isPrefix(formatPointer(a), formatPointer(b))).toBe(expected);
        expect(overlaps(formatPointer(a), formatPointer(b))).toBe(
          expected || b.every((segment, i) => segment === a[i]),
        );
      }),
    );
  });
});
