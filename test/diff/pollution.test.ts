import { afterEach, describe, expect, it } from 'vitest';
import { counterOf, covers, withCounter } from '../../src/causality/vector.js';
import type { Json, JsonObject } from '../../src/contracts/json.js';
import type { ChangeAction, FieldChange } from '../../src/contracts/operation.js';
import { canonicalJson, contentHash, equalJson } from '../../src/diff/canonical.js';
import { applyChanges, diffData } from '../../src/diff/diff.js';
import { toJson } from '../../src/diff/json.js';
import { applyMergePatch } from '../../src/diff/merge-patch.js';
import { lookup, parsePointer, setAt, unsetAt } from '../../src/diff/pointer.js';
import { isSyncError } from '../../src/errors.js';
import { concat } from '../../src/resolve/concat-rule.js';
import { list } from '../../src/resolve/list-rule.js';
import { latest, max, rule, sum } from '../../src/resolve/rules.js';
import { text } from '../../src/resolve/text-rule.js';
import { union } from '../../src/resolve/union-rule.js';
import { decide } from '../resolve/rules-fixtures.js';

/** As it comes from the network: an own property `__proto__`. */
const hostile = JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}') as JsonObject;
const paths = [
  '/__proto__',
  '/__proto__/polluted',
  '/a/__proto__/polluted',
  '/constructor/prototype/polluted',
  '/a/prototype',
];
const inherited = Object.getOwnPropertyNames(Object.prototype).sort();

const refused = expect.toSatisfy((error) => isSyncError(error, 'validation'));

afterEach(() => {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(inherited);
});

describe.each(paths)('the path "%s"', (path) => {
  const data: JsonObject = { a: {} };

  it('is refused by every function that takes one', () => {
    expect(() => parsePointer(path)).toThrow(refused);
    expect(() => lookup(data, path)).toThrow(refused);
    expect(() => setAt(data, path, 1)).toThrow(refused);
    expect(() => unsetAt(data, path)).toThrow(refused);
  });

  it.each<ChangeAction>(['set', 'unset', 'increment', 'add', 'remove', 'merge'])(
    'is refused by a change "%s"',
    (action) => {
      const values: Record<ChangeAction, Json> = {
        set: 1,
        unset: 1,
        increment: 1,
        add: [1],
        remove: [1],
        merge: { polluted: 1 },
      };
      const change: FieldChange = { path, action, ...(action === 'unset' ? {} : { value: values[action] }) };
      expect(() => applyChanges(data, [change])).toThrow(refused);
    },
  );
});

describe('an own property called __proto__', () => {
  it('is refused where data comes in', () => {
    expect(() => toJson(hostile)).toThrow(refused);
    expect(() => applyMergePatch({}, hostile)).toThrow(refused);
    expect(() => applyChanges({}, [{ path: '/a', action: 'merge', value: hostile }])).toThrow(refused);
  });

  it('is compared, hashed and written as any other', () => {
    expect(equalJson(hostile, { a: {} })).toBe(false);
    expect(equalJson({}, { ...hostile, a: 1 })).toBe(false);
    expect(canonicalJson(hostile)).toBe('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}');
    expect(contentHash(hostile)).not.toBe(contentHash({}));
    expect(diffData({}, hostile).map(({ path }) => path)).toEqual(['/__proto__', '/a']);
    expect(() => applyChanges({}, diffData({}, hostile))).toThrow(refused);
  });

  it('goes through a copy without becoming a prototype', () => {
    for (const copy of [
      setAt(hostile, '/b', 1),
      unsetAt(hostile, '/a'),
      applyMergePatch(hostile, { b: 1 }),
    ]) {
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
      expect((copy as { polluted?: unknown }).polluted).toBeUndefined();
    }
  });

  it('does no harm in a rule', () => {
    const rules = [latest(), max(), sum(), concat(), text(), union(), rule('own', ({ local }) => local)];
    for (const own of rules) {
      for (const value of [hostile, [hostile], '__proto__', ['__proto__']])
        decide(own, [], value, [{ b: 1 }]);
    }
    const items = [{ id: '__proto__' }, { id: 'constructor' }];
    expect(decide(list({ key: 'id' }), [], items, [])).toMatchObject({ value: items });
    expect(decide(list({ key: '__proto__' }), [], [{ a: 1 }], [])).toMatchObject({ conflict: true });
    const poisoned: Json = [{ ...hostile, id: 1 }];
    expect(() => decide(list({ key: 'id' }), [{ id: 1 }], poisoned, [{ id: 1, b: 2 }])).toThrow(refused);
  });

  it('counts like any replica in a vector', () => {
    const clock = JSON.parse('{"__proto__":5}') as Record<string, number>;
    expect(counterOf(clock, '__proto__')).toBe(5);
    expect(covers({}, clock)).toBe(false);
    const raised = withCounter(clock, 'constructor', 2);
    expect([Object.keys(raised).sort(), Object.getPrototypeOf(raised)]).toEqual([
      ['__proto__', 'constructor'],
      Object.prototype,
    ]);
  });
});

describe('what an object inherits', () => {
  it.each(['toString', 'hasOwnProperty', 'valueOf'])('%s is no data', (name) => {
    expect(lookup({}, `/${name}`)).toEqual({ value: undefined, blocked: false });
    expect(unsetAt({}, `/${name}`)).toEqual({});
    expect(equalJson({}, { [name]: 1 })).toBe(false);
    expect(diffData({ [name]: 1 }, {})).toEqual([{ path: `/${name}`, action: 'unset', base: 1 }]);
    expect(setAt({}, `/${name}/x`, 1)).toEqual({ [name]: { x: 1 } });
    expect(applyChanges({}, [{ path: `/${name}`, action: 'increment', value: 1 }])).toEqual({ [name]: 1 });
    expect(applyMergePatch({}, { [name]: { x: 1 } })).toEqual({ [name]: { x: 1 } });
    expect(decide(list({ key: name }), [], [{}], [{ a: 1 }])).toMatchObject({ conflict: true });
  });

  it('even when somebody else has polluted the prototype', () => {
    // Collected first, because `expect` itself does not work then.
    const found: unknown[] = [];
    Object.defineProperty(Object.prototype, 'planted', {
      value: 1,
      configurable: true,
      enumerable: true,
      writable: true,
    });
    try {
      found.push(
        lookup({}, '/planted').value,
        counterOf({}, 'planted'),
        canonicalJson({ a: 1 }),
        equalJson({}, {}),
      );
      found.push(Object.keys(toJson({ a: 1, b: undefined }) as object), diffData({}, { a: 1 }).length);
    } finally {
      delete (Object.prototype as { planted?: unknown }).planted;
    }
    expect(found).toEqual([undefined, 0, '{"a":1}', true, ['a'], 1]);
  });
});
