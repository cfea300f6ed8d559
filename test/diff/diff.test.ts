import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/contracts/json.js';
import type { FieldChange } from '../../src/contracts/operation.js';
import { equalJson } from '../../src/diff/canonical.js';
import { applyChanges, diffData } from '../../src/diff/diff.js';
import { formatPointer, lookup, overlaps } from '../../src/diff/pointer.js';
import { isSyncError } from '../../src/errors.js';
import { jsonArb, keyArb, objectArb, relatedArb, shuffled } from './arbitraries.js';

const pathArb = fc.array(keyArb, { minLength: 1, maxLength: 3 }).map(formatPointer);
const refused = expect.toSatisfy((error) => isSyncError(error, 'validation'));

describe('the difference of two states', () => {
  it('leads from the one to the other', () => {
    fc.assert(
      fc.property(relatedArb, ([before, after]) => {
        const copies = structuredClone([before, after]);
        expect(equalJson(applyChanges(before, diffData(before, after)), after)).toBe(true);
        expect([before, after]).toEqual(copies);
      }),
      { numRuns: 1000 },
    );
  });

  it('leads there with any choice of atomic paths, in any order of its changes', () => {
    fc.assert(
      fc.property(relatedArb, fc.constantFrom('', '/a', '/c', '/c/a', '/note'), ([before, after], atomic) => {
        const changes = diffData(before, after, (path) => path === atomic);
        expect(equalJson(applyChanges(before, changes), after)).toBe(true);
        expect(equalJson(applyChanges(before, changes.toReversed()), after)).toBe(true);
        expect(
          changes.every(({ path }) => path === atomic || !overlaps(atomic, path) || atomic.startsWith(path)),
        ).toBe(true);
      }),
    );
  });

  it('is empty exactly for equal states', () => {
    fc.assert(
      fc.property(relatedArb, ([before, after]) => {
        expect(diffData(before, after).length === 0).toBe(equalJson(before, after));
        expect(diffData(before, shuffled(before) as JsonObject)).toEqual([]);
      }),
    );
  });

  it('names separate paths in order, each with the value before and the value after', () => {
    fc.assert(
      fc.property(relatedArb, ([before, after]) => {
        const changes = diffData(before, after);
        expect(changes.map(({ path }) => path)).toEqual(changes.map(({ path }) => path).sort());
        for (const [i, change] of changes.entries()) {
          expect(change.base).toEqual(lookup(before, change.path).value);
          expect(change.value).toEqual(lookup(after, change.path).value);
          expect(change.action).toBe(change.value === undefined ? 'unset' : 'set');
          expect(changes.slice(i + 1).some((other) => overlaps(change.path, other.path))).toBe(false);
        }
      }),
    );
  });

  it.each<[string, JsonObject, JsonObject, FieldChange[]]>([
    [
      'a leaf',
      { a: 1, b: { c: 2 } },
      { a: 1, b: { c: 3, d: 4 } },
      [
        { path: '/b/c', action: 'set', value: 3, base: 2 },
        { path: '/b/d', action: 'set', value: 4 },
      ],
    ],
    ['a removed key', { a: { b: 1 } }, { a: {} }, [{ path: '/a/b', action: 'unset', base: 1 }]],
    [
      'an object that comes whole',
      {},
      { a: { b: { c: 1 } } },
      [{ path: '/a', action: 'set', value: { b: { c: 1 } } }],
    ],
    ['an object that goes whole', { a: { b: 1 } }, {}, [{ path: '/a', action: 'unset', base: { b: 1 } }]],
    [
      'an object in place of a value',
      { a: 5 },
      { a: { b: 1 } },
      [{ path: '/a', action: 'set', value: { b: 1 }, base: 5 }],
    ],
    [
      'an array in place of an object',
      { a: { 0: 1 } },
      { a: [1] },
      [{ path: '/a', action: 'set', value: [1], base: { 0: 1 } }],
    ],
    [
      'an array, as one value',
      { a: [{ b: 1 }, 2] },
      { a: [{ b: 3 }, 2] },
      [{ path: '/a', action: 'set', value: [{ b: 3 }, 2], base: [{ b: 1 }, 2] }],
    ],
    [
      'null, which is a value',
      { a: null },
      { b: null },
      [
        { path: '/a', action: 'unset', base: null },
        { path: '/b', action: 'set', value: null },
      ],
    ],
    [
      'keys that need escaping',
      { 'a/b': 1, 'm~n': { '': 1 } },
      { 'a/b': 2, 'm~n': { '': 2 } },
      [
        { path: '/a~1b', action: 'set', value: 2, base: 1 },
        { path: '/m~0n/', action: 'set', value: 2, base: 1 },
      ],
    ],
    [
      'keys named like inherited members',
      {},
      { toString: 1 },
      [{ path: '/toString', action: 'set', value: 1 }],
    ],
    ['no zero for the other', { a: 0 }, { a: -0 }, []],
    [
      'neighbours at 2^53',
      { a: 2 ** 53 - 1 },
      { a: 2 ** 53 },
      [{ path: '/a', action: 'set', value: 2 ** 53, base: 2 ** 53 - 1 }],
    ],
    [
      'lone surrogates',
      { '\ud800': '\udc00' },
      { '\ud800': '\udc01' },
      [{ path: '/\ud800', action: 'set', value: '\udc01', base: '\udc00' }],
    ],
  ])('tells of %s', (_what, before, after, changes) => {
    expect(diffData(before, after)).toEqual(changes);
  });

  it('takes an atomic object as one value, down to the whole record', () => {
    const before = { a: { b: 1, c: { d: 1 } } };
    const after = { a: { b: 1, c: { d: 2 } } };
    expect(diffData(before, after, (path) => path === '/a')).toEqual([
      { path: '/a', action: 'set', value: after.a, base: before.a },
    ]);
    expect(diffData(before, after, (path) => path === '')).toEqual([
      { path: '', action: 'set', value: after, base: before },
    ]);
    expect(diffData(before, before, () => true)).toEqual([]);
  });
});

describe('applying changes', () => {
  const apply = (data: JsonObject, change: FieldChange): JsonObject => applyChanges(data, [change]);

  it('adds to a number, counting a missing one as 0', () => {
    expect(apply({ n: 1 }, { path: '/n', action: 'increment', value: 2 })).toEqual({ n: 3 });
    expect(apply({}, { path: '/a/n', action: 'increment', value: -2 })).toEqual({ a: { n: -2 } });
  });

  it('adds members that are not there yet, and removes those that are', () => {
    const members: Json = [1, '1', { a: 1, b: 2 }];
    expect(apply({ s: members }, { path: '/s', action: 'add', value: [{ b: 2, a: 1 }, 2, 2, '1'] })).toEqual({
      s: [...members, 2],
    });
    expect(apply({ s: members }, { path: '/s', action: 'remove', value: [{ b: 2, a: 1 }, 1, 7] })).toEqual({
      s: ['1'],
    });
    expect(apply({}, { path: '/s', action: 'add', value: [1] })).toEqual({ s: [1] });
    expect(apply({}, { path: '/s', action: 'remove', value: [1] })).toEqual({ s: [] });
  });

  it('merges a patch, at the root too', () => {
    expect(apply({ a: { b: 1, c: 2 } }, { path: '/a', action: 'merge', value: { b: null, d: 3 } })).toEqual({
      a: { c: 2, d: 3 },
    });
    expect(apply({ a: 1 }, { path: '', action: 'merge', value: { b: 2 } })).toEqual({ a: 1, b: 2 });
    expect(apply({ a: 5 }, { path: '/a/b', action: 'merge', value: { c: 2 } })).toEqual({
      a: { b: { c: 2 } },
    });
  });

  it('writes one after the other', () => {
    const changes: FieldChange[] = [
      { path: '/a', action: 'set', value: { n: 1 } },
      { path: '/a/n', action: 'increment', value: 1 },
      { path: '/b', action: 'unset' },
    ];
    expect(applyChanges({ b: 1 }, changes)).toEqual({ a: { n: 2 } });
  });

  it('changes neither the state before nor the values of the changes', () => {
    const before: JsonObject = { a: { b: { c: 1 } }, d: [1] };
    const value: JsonObject = { n: { m: 1 } };
    const changes: FieldChange[] = [
      { path: '/a/b/c', action: 'set', value: 2 },
      { path: '/a/b/d', action: 'set', value },
      { path: '/a/b/d/n/m', action: 'increment', value: 1 },
      { path: '/a/b/c', action: 'unset' },
      { path: '/a', action: 'merge', value: { e: value } },
      { path: '/a/e/n', action: 'unset' },
      { path: '/d', action: 'add', value: [2] },
    ];
    const copies = structuredClone([before, changes]);
    expect(applyChanges(before, changes)).toEqual({ a: { b: { d: { n: { m: 2 } } }, e: {} }, d: [1, 2] });
    expect([before, changes]).toEqual(copies);
  });

  it('is one change after the other, however many there are', () => {
    const changeArb = fc.oneof(
      fc.record({ path: pathArb, action: fc.constant('set' as const), value: fc.oneof(jsonArb, objectArb) }),
      fc.record({ path: pathArb, action: fc.constant('unset' as const) }),
      fc.record({ path: pathArb, action: fc.constant('merge' as const), value: objectArb }),
    );
    fc.assert(
      fc.property(objectArb, fc.array(changeArb, { maxLength: 8 }), (before, changes) => {
        const copies = structuredClone([before, changes]);
        const oneByOne = changes.reduce((data, change) => applyChanges(data, [change]), before);
        expect(applyChanges(before, changes)).toEqual(oneByOne);
        expect([before, changes]).toEqual(copies);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, JsonObject, FieldChange]>([
    ['an increment of a text', { a: 'x' }, { path: '/a', action: 'increment', value: 1 }],
    ['an increment of null', { a: null }, { path: '/a', action: 'increment', value: 1 }],
    ['adding to null', { a: null }, { path: '/a', action: 'add', value: [1] }],
    ['an increment by a text', {}, { path: '/a', action: 'increment', value: '1' }],
    ['an increment below a text', { a: 'x' }, { path: '/a/b', action: 'increment', value: 1 }],
    [
      'an increment past all numbers',
      { a: Number.MAX_VALUE },
      { path: '/a', action: 'increment', value: Number.MAX_VALUE },
    ],
    ['adding to an object', { a: {} }, { path: '/a', action: 'add', value: [1] }],
    ['adding what is no array', { a: [] }, { path: '/a', action: 'add', value: 1 }],
    ['removing from a text', { a: 'x' }, { path: '/a', action: 'remove', value: ['x'] }],
    ['an increment below a number', { a: 1 }, { path: '/a/b', action: 'increment', value: 1 }],
    ['adding below an array', { a: ['x'] }, { path: '/a/b/c', action: 'add', value: ['y'] }],
    ['removing below a text', { a: 'x' }, { path: '/a/b', action: 'remove', value: [] }],
    ['a set without a value', {}, { path: '/a', action: 'set' }],
    ['a root that is no object', {}, { path: '', action: 'merge', value: [] }],
    ['a path that is none', {}, { path: 'a', action: 'set', value: 1 }],
  ])('refuses %s', (_what, data, change) => {
    const copy = structuredClone(data);
    expect(() => apply(data, change)).toThrow(refused);
    expect(data).toEqual(copy);
  });

  it('keeps members of a set unlike one another', () => {
    const memberArb = fc.constantFrom<Json>(1, '1', null, [1], { a: 1 }, { a: 1, b: 2 }, { b: 2, a: 1 });
    const membersArb = fc.array(memberArb, { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.uniqueArray(memberArb, { comparator: equalJson }),
        membersArb,
        membersArb,
        (present, added, removed) => {
          const result = applyChanges({ s: present }, [
            { path: '/s', action: 'add', value: added },
            { path: '/s', action: 'remove', value: removed },
          ]);
          const members = lookup(result, '/s').value as Json[];
          const has = (list: readonly Json[], member: Json): boolean =>
            list.some((other) => equalJson(other, member));
          for (const member of [...present, ...added, ...removed]) {
            const expected = (has(present, member) || has(added, member)) && !has(removed, member);
            expect(members.filter((other) => equalJson(other, member)).length).toBe(expected ? 1 : 0);
          }
        },
      ),
    );
  });
});
