import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Operation, SyncRecord } from 'syncline';
import { fold } from '../../src/engine/lane.js';
import { author, draft, type Intent } from '../../src/engine/operations.js';
import { compactPair } from '../../src/outbox/compact.js';
import { reconcile, writeOver } from '../../src/resolve/reconcile.js';
import { entityOf, move, plain, play, scene } from '../support/history.js';

/** Over the wire and back. */
const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test('prediction: what a device shows for its pending writes is what the server makes of them', () => {
  let written = 0;
  let joined = 0;
  let conflicts = 0;
  fc.assert(
    fc.property(
      scene,
      fc.array(move, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      ({ strategy, first, moves }, own, pick) => {
        const definition = entityOf(strategy);
        const { states } = play(definition, first, moves);
        // The device has seen one of the states, and writes on; the server has gone on to the last one.
        const seen = states[pick % states.length];
        const present = states.at(-1);
        let view: SyncRecord | undefined = seen;
        const queue: Operation[] = [];
        own.forEach(({ act, skewMs }, at) => {
          const intent: Intent | undefined =
            act.kind === 'update'
              ? { kind: 'update', definition, id: 't', next: (data) => ({ ...data, ...act.data }) }
              : act.kind === 'delete'
                ? { kind: 'delete', definition, id: 't' }
                : undefined;
          if (intent === undefined || view === undefined || view.deleted) return;
          const made = draft(intent, view);
          if (made.changes.length === 0) return;
          const { operation } = author({ replica: 'dev', counter: at }, made, {
            definition,
            id: 't',
            view,
            now: 1_700_000_000_000 + at + skewMs,
            uuid: `dev-${at}`,
          });
          const last = queue.at(-1);
          const pair = last === undefined ? undefined : compactPair(last, operation);
          if (pair === undefined) queue.push(operation);
          else queue[queue.length - 1] = pair;
          if (pair !== undefined) joined++;
          view = pair === undefined ? writeOver(view, operation) : shownOver(definition, seen, queue);
          written++;
        });
        expect(shownOver(definition, seen, queue)).toEqual(view);
        expect(sent(reconcileAll(definition, seen, queue, () => conflicts++))).toEqual(sent(view));

        // And over what the server has by then: the device that has pulled it shows the same.
        const server = reconcileAll(definition, present, queue, () => conflicts++);
        const shown = shownOver(definition, sent(present), sent(queue));
        if (server !== undefined && shown !== undefined) expect(plain(shown)).toEqual(plain(server));
      },
    ),
    { numRuns: 2_000 },
  );
  expect(written).toBeGreaterThan(1_000);
  expect(joined).toBeGreaterThan(100);
  expect(conflicts).toBeGreaterThan(10);

  /** What a device shows while these wait. */
  function shownOver(
    definition: Parameters<typeof reconcile>[0],
    base: SyncRecord | undefined,
    operations: readonly Operation[],
  ): SyncRecord | undefined {
    return fold(
      definition,
      base,
      operations.map((operation) => ({ operation })),
    );
  }

  /** What a server makes of operations in order; undefined once a person must decide. */
  function reconcileAll(
    definition: Parameters<typeof reconcile>[0],
    record: SyncRecord | undefined,
    operations: readonly Operation[],
    onConflict: () => void,
  ): SyncRecord | undefined {
    let now = record;
    for (const operation of operations) {
      const outcome = reconcile(definition, now, sent(operation));
      if (outcome.kind === 'conflict') {
        onConflict();
        return undefined;
      }
      if (outcome.kind !== 'refused') now = outcome.record;
    }
    return now;
  }
});
