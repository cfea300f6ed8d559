import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import type { Json, Operation, SyncRecord } from 'syncline';
import { covers } from '../../src/causality/vector.js';
import { reconcile } from '../../src/resolve/reconcile.js';
import { entityOf, play, scene } from '../support/history.js';

/** Plain look-up by field names, without the code under test. */
function at(data: SyncRecord['data'], path: string): Json | undefined {
  let value: Json | undefined = data;
  for (const key of path.split('/').slice(1)) {
    value =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Record<string, Json>)[key]
        : undefined;
  }
  return value;
}

/** The order of keys is no part of a value. */
const same = (a: Json | undefined, b: Json | undefined) => isDeepStrictEqual(a, b);

/** The single changes of an operation to plain fields, as its author meant them. */
function meant(operation: Operation) {
  if (operation.kind !== 'update') return [];
  return operation.changes.filter(({ action }) => action === 'set' || action === 'unset');
}

test('no-silent-loss: each value that lost is in exactly one decision, and each disagreement is decided or asked', () => {
  let lost = 0;
  fc.assert(
    fc.property(scene, ({ strategy, first, moves }) => {
      const definition = entityOf(strategy);
      const { states, operations } = play(definition, first, moves);
      operations.forEach((operation, index) => {
        const before = states[index - 1];
        if (before === undefined || before.deleted || covers(operation.clock, before.clock)) return;
        const outcome = reconcile(definition, before, operation);
        if (outcome.kind === 'refused' || outcome.kind === 'duplicate') return;
        for (const { path, value: wanted, base } of meant(operation)) {
          const present = at(before.data, path);
          const result = at(outcome.record.data, path);
          const said = outcome.kind === 'conflict' ? outcome.fields : outcome.decisions;
          const about = said.filter((each) => each.path === path);
          if (!same(present, wanted) && !same(present, base)) {
            if (outcome.kind !== 'conflict') expect(about).toHaveLength(1);
            for (const each of about)
              expect({ local: each.local, remote: each.remote }).toEqual({ local: wanted, remote: present });
          }
          const isLost =
            outcome.kind !== 'conflict' &&
            (!same(result, wanted) || (!same(present, base) && !same(result, present)));
          if (!isLost) continue;
          lost++;
          expect(about).toHaveLength(1);
        }
      });
    }),
    { numRuns: 3_000 },
  );
  expect(lost).toBeGreaterThan(500);
});

test('no-silent-loss: what a deletion takes away, or what it loses against, is in a decision', () => {
  let met = 0;
  fc.assert(
    fc.property(scene, ({ strategy, first, moves }) => {
      const definition = entityOf(strategy);
      const { states, operations } = play(definition, first, moves);
      operations.forEach((operation, index) => {
        const before = states[index - 1];
        if (before === undefined || covers(operation.clock, before.clock)) return;
        const outcome = reconcile(definition, before, operation);
        if (outcome.kind === 'conflict' || outcome.kind === 'refused') return;
        const deletes = operation.kind === 'delete';
        if (deletes === (before.deleted === true)) return;
        met++;
        const [root, ...others] = outcome.decisions.filter(({ path }) => path === '');
        expect(others).toEqual([]);
        if (deletes && outcome.record.deleted) {
          // Content that its author had seen is no loss.
          if (root !== undefined) expect(root).toMatchObject({ remote: before.data, winner: 'local' });
        } else if (deletes)
          expect(root).toMatchObject({ remote: before.data, result: before.data, winner: 'remote' });
        else if (outcome.record.deleted) {
          for (const { path, value } of operation.changes) {
            const about = outcome.decisions.filter((each) => each.path === path);
            expect(about).toHaveLength(1);
            expect(about[0]).toMatchObject({
              winner: 'remote',
              ...(value === undefined ? {} : { local: value }),
            });
          }
        } else expect(root).toMatchObject({ winner: 'local' });
      });
    }),
    { numRuns: 3_000 },
  );
  expect(met).toBeGreaterThan(100);
});
