import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareOnly } from '../../src/resolve/define-entity.js';
import { reconcile } from '../../src/resolve/reconcile.js';
import { successorOf } from '../../src/resolve/successor.js';
import { entityOf, plain, play, scene } from '../support/history.js';

test('placement: deciding at the server and deciding at the client over a comparing server end in the same record', () => {
  let decidedByClient = 0;
  fc.assert(
    fc.property(scene, ({ strategy, first, moves }) => {
      const definition = entityOf(strategy);
      const plainServer = compareOnly('thing');
      const { states, operations } = play(definition, first, moves);
      operations.forEach((operation, at) => {
        const before = states[at - 1];
        const here = reconcile(definition, before, operation);
        const there = reconcile(plainServer, before, operation);
        if (there.kind !== 'conflict' || before === undefined) {
          if (there.kind === 'refused' || here.kind === 'refused')
            throw new Error('a played operation is never refused');
          expect(plain(there.record)).toEqual(plain(here.record));
          return;
        }
        if (here.kind === 'conflict') return;
        if (here.kind === 'refused') throw new Error('a played operation is never refused');
        decidedByClient++;
        const carriedOn = reconcile(
          plainServer,
          before,
          successorOf(definition, before, operation, `${operation.id}-2`),
        );
        if (carriedOn.kind !== 'applied') throw new Error(`a successor is ${carriedOn.kind}`);
        expect(plain(carriedOn.record)).toEqual(plain(here.record));
      });
    }),
    { numRuns: 2_000 },
  );
  expect(decidedByClient).toBeGreaterThan(500);
});
