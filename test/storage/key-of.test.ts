import { describe, expect, it } from 'vitest';
import { isSyncError, keyAt } from 'syncline';
import { valueAt } from '../../src/storage/key-of.js';
import { document, nowhere, values } from '../support/rfc6901.js';

describe('RFC 6901, section 5, in a row', () => {
  it.each([...values, ['/foo/0', 'bar'] as const])('"%s"', (pointer, value) => {
    expect(valueAt(pointer)(document)).toEqual(value);
  });

  it.each([...nowhere, '/foo/2', '/foo/-', '/foo/00', '/foo/01', '/foo/length', '/foo/0/0', '//'])(
    '"%s" leads to nothing',
    (pointer) => {
      expect(valueAt(pointer)(document)).toBeUndefined();
    },
  );
});

describe('the key of an index', () => {
  it.each([
    ['/a/b', { a: { b: 5 } }, 5],
    ['/a/1', { a: ['x', 'y'] }, 'y'],
    ['/a', { a: 0 }, 0],
    ['/a', { a: '' }, ''],
    ['/a', { a: true }, undefined],
    ['/a', { a: null }, undefined],
    ['/a', { a: {} }, undefined],
    ['/a', 'a', undefined],
    ['/constructor/name', {}, undefined],
  ])('%s in %j is %j', (pointer, value, key) => {
    expect(keyAt(pointer)({ value })).toBe(key);
  });

  it('is at a JSON Pointer', () => {
    expect(() => keyAt('a')).toThrow(expect.toSatisfy((error) => isSyncError(error, 'validation')));
  });
});
