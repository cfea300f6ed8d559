import fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers } from '../../src/causality/vector.js';
import { reconcile } from '../../src/resolve/reconcile.js';
import { entityOf, play, scene } from '../support/history.js';

test('equal-clocks: whoever has seen everything has no conflict, and no state is asked about what it holds', () => {
  let lagging = 0;
  fc.assert(
    fc.property(scene, ({ strategy, first, moves }) => {
      const definition = entityOf(strategy);
      const { states, operations } = play(definition, first, moves);
      operations.forEach((operation, at) => {
        const before = states[at - 1];
        const outcome = reconcile(definition, before, operation);
        if (before === undefined || covers(operation.clock, before.clock))
          expect(outcome.kind).toBe('applied');
        else lagging++;
        // Again, and over the very state it led to: nothing happens.
        const after = states[at];
        if (after !== undefined && outcome.kind !== 'conflict') {
          expect(reconcile(definition, after, operation)).toEqual({
            kind: 'duplicate',
            record: after,
            decisions: [],
          });
        }
      });
    }),
    { numRuns: 2_000 },
  );
  expect(lagging).toBeGreaterThan(500);
});
