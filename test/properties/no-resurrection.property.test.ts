import fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers } from '../../src/causality/vector.js';
import { reconcile } from '../../src/resolve/reconcile.js';
import { entityOf, play, scene } from '../support/history.js';

test('no-resurrection: a deleted record returns only by a create that saw it, or where the policy lets a change win', () => {
  let met = 0;
  fc.assert(
    fc.property(scene, ({ strategy, first, moves }) => {
      const definition = entityOf(strategy);
      const { states, operations } = play(definition, first, moves);
      operations.forEach((operation, index) => {
        const before = states[index - 1];
        if (before?.deleted !== true) return;
        met++;
        const outcome = reconcile(definition, before, operation);
        if (outcome.kind === 'refused' || outcome.record.deleted) return;
        if (covers(operation.clock, before.clock)) {
          expect(operation.kind).toBe('create');
          return;
        }
        const { deletes } = strategy;
        const mayWin =
          deletes === 'update-wins' ||
          deletes === 'local-wins' ||
          (deletes === 'latest' && operation.stamp > before.stamp);
        expect(mayWin).toBe(true);
        expect(outcome.decisions.some(({ path, winner }) => path === '' && winner === 'local')).toBe(true);
      });
    }),
    { numRuns: 3_000 },
  );
  expect(met).toBeGreaterThan(100);
});
