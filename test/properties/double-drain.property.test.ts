import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultRuntime, type Runtime, type SyncClient } from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import type { LoopbackMiddleware } from 'syncline/transport/loopback';
import { acts, creations, perform, type Act } from '../support/acts.js';
import { createWorld, task } from '../support/world.js';

const kinds: readonly Act['kind'][] = ['create', 'title', 'count', 'pair', 'delete'];

/** The same ids and times in every world. */
function countingRuntime(name: string): Runtime {
  let [time, ids] = [Date.UTC(2026, 0, 1), 0];
  return {
    ...defaultRuntime,
    now: () => (time += 7),
    random: () => 0.5,
    uuid: () => `${name}-${++ids}`,
  };
}

/** Notes which operations a tab sends, and takes its time, so that the other tab sends them too. */
function slowly(
  sent: Map<string, number>,
  turns: { readonly out: number; readonly back: number },
): LoopbackMiddleware {
  return async ({ kind, request }, next) => {
    if (kind === 'pull') return next(request);
    const { operations } = request as { readonly operations: readonly { readonly id: string }[] };
    for (const { id } of operations) sent.set(id, (sent.get(id) ?? 0) + 1);
    for (let turn = 0; turn < turns.out; turn++) await nextTurn();
    const answer = await next(request);
    for (let turn = 0; turn < turns.back; turn++) await nextTurn();
    return answer;
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Scene {
  readonly program: readonly Act[];
  readonly rival: readonly Act[];
  readonly batchCount: number;
  /** Turns of the event loop that a push of each tab takes on its way there and back. */
  readonly ways: readonly { readonly out: number; readonly back: number }[];
}

const scene: fc.Arbitrary<Scene> = fc.record({
  program: acts(kinds, { minLength: 3, maxLength: 14 }),
  rival: acts(kinds, { minLength: 0, maxLength: 4 }),
  batchCount: fc.constantFrom(4, 6, 500),
  ways: fc.array(fc.record({ out: fc.nat(40), back: fc.nat(40) }), { minLength: 2, maxLength: 2 }),
});

/** Plays a program in two tabs of one device, drains their outbox, and tells what the server came to hold. */
async function outcome({ program, rival, batchCount, ways }: Scene, drain: 'one tab' | 'both at once') {
  const world = createWorld();
  const sent = new Map<string, number>();
  const store = createMemoryStore();
  const runtime = countingRuntime('device');
  const tab = (way = { out: 0, back: 0 }) =>
    world.device({
      storage: memoryStorage({ store }),
      runtime,
      outbox: { batchCount },
      middleware: slowly(sent, way),
    });
  const [left, right] = [await tab(ways[0]), await tab(ways[1])];
  const other = await world.device({ runtime: countingRuntime('rival') });
  try {
    for (const act of rival) await perform(other, act);
    for (const [at, act] of [...creations, ...program].entries()) {
      await perform(at % 2 === 0 ? left : right, act);
      await nextTurn(); // the other tab hears of it
    }
    await other.sync();
    await Promise.all(drain === 'one tab' ? [left.sync()] : [left.sync(), right.sync()]);
    for (const each of [left, right, other]) await each.sync();
    const fresh = await world.device();
    await fresh.sync();
    for (const each of [left, right, other]) expect(await recordsOf(each)).toEqual(await recordsOf(fresh));
    expect(left.outbox.list()).toEqual([]);
    return { records: await recordsOf(fresh), twice: [...sent.values()].filter((times) => times > 1).length };
  } finally {
    await world.close();
  }
}

/** What a deleted record was like, and since when, is known only to those who had it. */
async function recordsOf(client: SyncClient): Promise<unknown[]> {
  const records = await Promise.all(['a', 'b', 'c'].map((id) => client.explain(task, id)));
  return records.map(({ base }) =>
    base?.deleted === true
      ? { deleted: true, version: base.version, clock: base.clock, stamp: base.stamp }
      : base,
  );
}

test('double-drain: two tabs that drain one outbox at once change no outcome', async () => {
  let twice = 0;
  await fc.assert(
    fc.asyncProperty(scene, async (drawn) => {
      const alone = await outcome(drawn, 'one tab');
      const together = await outcome(drawn, 'both at once');
      expect(together.records).toEqual(alone.records);
      expect(alone.twice).toBe(0);
      twice += together.twice;
    }),
    { numRuns: 100 },
  );
  expect(twice).toBeGreaterThan(300);
});
