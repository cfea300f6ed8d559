import fc from 'fast-check';
import type { ScanRange, StoredRow } from 'syncline';
import { expect, it } from 'vitest';
import { keyAt } from '../../src/storage/key-of.js';
import { SortedIndex } from '../../src/storage/sorted-index.js';

const id = fc.constantFrom('', 'a', 'b', 'ab', '😀', '～', 'z');
const due = fc.constantFrom(-1, 0, 1, 1.5, '', '1', 'a', 'ab', '😀', '～', null);
const batch = fc.uniqueArray(fc.record({ id, due: fc.option(due, { nil: undefined }) }), {
  selector: (row) => row.id,
});

/** Sizes on both sides of the limit between insertion and sorting again. */
const padding = fc.constantFrom(0, 40);

it('an index kept up to date equals one that is made anew', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(batch, padding, fc.boolean()), { maxLength: 12 }), (batches) => {
      const rows = new Map<string, StoredRow>();
      const index = new SortedIndex(keyAt('/due'), rows);
      let revision = 0;
      for (const [moves, extra, scans] of batches) {
        const all = [...moves, ...Array.from({ length: extra }, (_, at) => ({ id: `p${at}`, due: at % 3 }))];
        const before = all.map((move) => rows.get(move.id));
        const after = all.map((move): StoredRow | undefined =>
          move.due === undefined
            ? undefined
            : { id: move.id, revision: ++revision, value: { due: move.due } },
        );
        all.forEach((move, at) => {
          const row = after[at];
          if (row === undefined) rows.delete(move.id);
          else rows.set(move.id, row);
        });
        index.move(before, after);
        if (scans) expect(index.scan({})).toEqual(new SortedIndex(keyAt('/due'), rows).scan({}));
      }
      expect(index.scan({})).toEqual(new SortedIndex(keyAt('/due'), rows).scan({}));
      expect(index.scan({})).toHaveLength(
        [...rows.values()].filter(({ value }) => (value as { due: unknown }).due !== null).length,
      );
    }),
  );
});

it.each<[ScanRange, string[]]>([
  [{}, ['n0', 'n1', 's', 'sx']],
  [{ lower: 0, lowerOpen: true }, ['n1', 's', 'sx']],
  [{ upper: '' }, ['n0', 'n1']],
  [{ lower: 's', upper: 's' }, ['s']],
  [{ lower: 's', upper: 's', upperOpen: true }, []],
  [{ lower: 'z', upper: 0 }, []],
])('range %j holds %j', (range, expected) => {
  const rows = [0, 1, 's', 'sx'].map((due) => ({
    id: typeof due === 'number' ? `n${due}` : due,
    revision: 1,
    value: { due },
  }));
  const index = new SortedIndex(keyAt('/due'), new Map(rows.reverse().map((row) => [row.id, row])));
  expect(index.scan({ range }).map((row) => row.id)).toEqual(expected);
  expect(index.scan({ range, reverse: true }).map((row) => row.id)).toEqual([...expected].reverse());
});
