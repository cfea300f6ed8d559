import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/contracts/json.js';
import { equalJson } from '../../src/diff/canonical.js';
import { list } from '../../src/resolve/list-rule.js';
import { decide, earlier, field, later, merged } from './rules-fixtures.js';

type Id = number | string;
interface Item {
  readonly id: Id;
  readonly a?: number;
  readonly b?: number;
}

const rule = list({ key: 'id' });
const ids: readonly Id[] = [1, 2, 3, '1', '2'];
const itemArb = fc.record(
  { id: fc.constantFrom(...ids), a: fc.nat(1), b: fc.nat(1) },
  { requiredKeys: ['id'] },
);
const itemsArb = fc.uniqueArray(itemArb, { selector: ({ id }) => id, maxLength: 5 });
const listsArb = fc.tuple(itemsArb, itemsArb, itemsArb);
const json = (items: readonly Item[]): Json => items as unknown as Json;

function find(items: readonly Item[], id: Id): Item | undefined {
  return items.find((item) => item.id === id);
}

/** Truth table of one place: who changed it decides; where both did, the later side. */
function pick<T>(base: T, local: T, remote: T, isLocalLater: boolean): T {
  if (local === base) return remote;
  if (remote === base) return local;
  return isLocalLater ? local : remote;
}

function expectedItem(
  base: Item | undefined,
  local: Item | undefined,
  remote: Item | undefined,
  isLocalLater: boolean,
): Item | undefined {
  const isEdited = (item: Item): boolean => base === undefined || item.a !== base.a || item.b !== base.b;
  if (local === undefined && remote === undefined) return undefined;
  if (local === undefined) return isEdited(remote!) ? remote : undefined;
  if (remote === undefined) return isEdited(local) ? local : undefined;
  const a = pick(base?.a, local.a, remote.a, isLocalLater);
  const b = pick(base?.b, local.b, remote.b, isLocalLater);
  return { id: local.id, ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) };
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]]);
}

/** Every order that the description of the rule allows, found by trying all of them. */
function allowedOrders(base: Id[], local: Id[], remote: Id[], kept: Id[]): Id[][] {
  const common = local.filter((id) => base.includes(id));
  const explains = (moved: Id[]): boolean => {
    const still = common.filter((id) => !moved.includes(id));
    return equalJson(
      still,
      base.filter((id) => still.includes(id)),
    );
  };
  const explanations = subsets(common).filter(explains);
  const fewest = Math.min(...explanations.map((moved) => moved.length));

  return explanations
    .filter((moved) => moved.length === fewest)
    .flatMap((moved) => {
      const ours = local.filter((id) => kept.includes(id));
      const placed = ours.filter((id) => moved.includes(id) || !remote.includes(id));
      const others = remote.filter((id) => kept.includes(id) && !placed.includes(id));
      const follows = (order: Id[], id: Id): boolean =>
        order[order.indexOf(id) - 1] === ours[ours.indexOf(id) - 1];
      return permutations(kept).filter(
        (order) =>
          equalJson(
            order.filter((id) => !placed.includes(id)),
            others,
          ) && placed.every((id) => follows(order, id)),
      );
    });
}

describe('list', () => {
  it('keeps and merges items as the truth tables of items and fields say', () => {
    fc.assert(
      fc.property(listsArb, fc.boolean(), ([base, local, remote], isLocalLater) => {
        fc.pre(!equalJson(json(local), json(remote)));
        const stamps = isLocalLater ? [later, earlier] : [earlier, later];
        const verdict = rule.decide(
          field(
            json(base),
            { value: json(local), stamp: stamps[0]! },
            { value: json(remote), stamp: stamps[1]! },
          ),
        );
        const result = (verdict as unknown as { value: Item[] }).value;
        for (const id of ids) {
          const expected = expectedItem(find(base, id), find(local, id), find(remote, id), isLocalLater);
          expect(result.filter((item) => item.id === id)).toEqual(expected === undefined ? [] : [expected]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('puts the items in an order that trying all orders allows', () => {
    fc.assert(
      fc.property(listsArb, ([base, local, remote]) => {
        fc.pre(!equalJson(json(local), json(remote)));
        const result = merged(rule, json(base), json(local), json(remote)) as unknown as Item[];
        const [before, ours, theirs, order] = [base, local, remote, result].map((items) =>
          items.map(({ id }) => id),
        ) as [Id[], Id[], Id[], Id[]];
        expect(allowedOrders(before, ours, theirs, order.toSorted())).toContainEqual(order);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes the only edit, from either side', () => {
    fc.assert(
      fc.property(itemsArb, itemsArb, (base, edited) => {
        expect(merged(rule, json(base), json(edited), json(base))).toEqual(edited);
        expect(merged(rule, json(base), json(base), json(edited))).toEqual(edited);
      }),
      { numRuns: 1000 },
    );
  });

  it('merges fields of one item, nested ones too', () => {
    const base = [{ id: 1, at: { x: 0, y: 0 }, tags: ['t'] }];
    const local = [{ id: 1, at: { x: 5, y: 0 }, tags: ['t'] }];
    const remote = [{ id: 1, at: { x: 0, y: 7 }, tags: ['u'], done: true }];
    expect(merged(rule, base, local, remote)).toEqual([
      { id: 1, at: { x: 5, y: 7 }, tags: ['u'], done: true },
    ]);
  });

  it('gives one place of an item to the later side, whole', () => {
    const base = [{ id: 1, at: { x: 0, y: 0 } }];
    const moved = { value: [{ id: 1, at: { x: 5, y: 0 } }], stamp: later };
    const replaced = { value: [{ id: 1, at: 'home' }], stamp: earlier };
    expect(rule.decide(field(base, moved, replaced))).toMatchObject({ value: moved.value, winner: 'local' });
    expect(
      rule.decide(field(base, { ...moved, stamp: earlier }, { ...replaced, stamp: later })),
    ).toMatchObject({
      value: replaced.value,
      winner: 'remote',
    });
  });

  it('puts an inserted or moved item behind its predecessor', () => {
    const items = (...keys: string[]): Json => keys.map((id) => ({ id }));
    expect(
      merged(rule, items('a', 'b', 'c'), items('a', 'x', 'y', 'b', 'c'), items('b', 'a', 'n', 'c')),
    ).toEqual(items('b', 'a', 'x', 'y', 'n', 'c'));
    expect(merged(rule, items('a', 'b', 'c'), items('c', 'a', 'b'), items('a', 'b', 'n', 'c'))).toEqual(
      items('c', 'a', 'b', 'n'),
    );
    expect(merged(rule, undefined, items('x'), items('a'))).toEqual(items('x', 'a'));
  });

  it('puts an item that only the local side kept behind its local predecessor', () => {
    const base = [{ id: 'a' }, { id: 'b', n: 0 }, { id: 'c' }];
    const local = [{ id: 'a' }, { id: 'b', n: 1 }, { id: 'c' }];
    expect(merged(rule, base, local, [{ id: 'c' }, { id: 'a' }])).toEqual([
      { id: 'c' },
      { id: 'a' },
      { id: 'b', n: 1 },
    ]);
  });

  it('merges 10,000 items in another order', () => {
    const base = Array.from({ length: 10_000 }, (_, id) => ({ id, n: 0 }));
    const result = merged(rule, base, base.toReversed(), [...base, { id: -1, n: 0 }]) as unknown as Item[];
    expect(result).toHaveLength(10_001);
    expect(result.filter(({ id }) => id !== -1)).toEqual(base.toReversed());
  });

  it.each<[string, Json]>([
    ['no array', {}],
    ['an item that is no object', [1]],
    ['an item without the key', [{ a: 1 }]],
    ['a key that is neither text nor number', [{ id: null }]],
    ['a key that is there twice', [{ id: 1 }, { id: 1 }]],
  ])('leaves %s to a person', (_what, value) => {
    const fine = [{ id: 9 }];
    expect(decide(rule, fine, value, [])).toMatchObject({ conflict: true });
    expect(decide(rule, fine, [], value)).toMatchObject({ conflict: true });
    expect(decide(rule, value, [], fine)).toMatchObject({ conflict: true });
  });

  it('does not take an inherited property for the key', () => {
    expect(decide(list({ key: 'toString' }), [], [{}], [{ a: 1 }])).toMatchObject({ conflict: true });
  });
});
