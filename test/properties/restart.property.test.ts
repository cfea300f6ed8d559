import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SyncError, type SyncClient } from 'syncline';
import { createMemoryStore, memoryStorage, type MemoryStore } from 'syncline/storage/memory';
import { acts, creations, perform, type Act } from '../support/acts.js';
import { createWorld, task } from '../support/world.js';

/** A step of a program: a write, or an exchange with the server. */
type Step = Act | 'sync';

/** Where a run stops: at its n-th commit, before it or after it; the caller never hears which. */
interface Stop {
  readonly commit: number;
  readonly when: 'before' | 'after';
}

const steps: fc.Arbitrary<Step[]> = fc
  .tuple(
    acts(['count', 'pair', 'title'], { minLength: 2, maxLength: 6 }),
    fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }),
  )
  .map(([writes, syncs]) =>
    writes.flatMap((act, at) => (syncs.includes(at) ? [act, 'sync' as const] : [act])),
  );

/** A device whose process can end at any commit, and begin again over the same store. */
class Device {
  readonly #world: ReturnType<typeof createWorld>;
  readonly #store: MemoryStore = createMemoryStore();
  readonly #stops: Stop[];
  commits = 0;
  #alive = true;
  client!: SyncClient;

  constructor(world: ReturnType<typeof createWorld>, stops: readonly Stop[]) {
    this.#world = world;
    this.#stops = [...stops];
  }

  /** Does something, once more from the start for as long as the process ends in opening the store. */
  async begin(): Promise<void> {
    for (;;) {
      this.#alive = true;
      const life = { isOver: false };
      const assertAlive = () => {
        if (life.isOver) throw new SyncError('storage-closed', 'the process has ended');
      };
      const strike = (when: Stop['when']) => {
        assertAlive();
        if (when === 'before') this.commits++;
        const [stop] = this.#stops;
        if (stop?.commit !== this.commits || stop.when !== when) return;
        this.#stops.shift();
        this.#alive = false;
        life.isOver = true;
        assertAlive();
      };
      const hooks = {
        beforeRead: assertAlive,
        beforeAppend: () => strike('before'),
        afterAppend: () => strike('after'),
        beforeCompact: assertAlive,
      };
      try {
        this.client = await this.#world.device({
          storage: memoryStorage({ store: this.#store, hooks }),
          middleware: ({ request }, next) => {
            assertAlive();
            return next(request).finally(assertAlive);
          },
        });
        return;
      } catch (error) {
        if (this.#alive) throw error;
      }
    }
  }

  /** True where it was done; false where it was pointless; `unknown` where the process ended in the middle. */
  async do(step: Step): Promise<boolean | 'unknown'> {
    try {
      if (step === 'sync') await this.client.sync();
      else return await perform(this.client, step);
      return true;
    } catch (error) {
      if (this.#alive) throw error;
      await this.begin();
      return 'unknown';
    }
  }
}

/** Runs a program with these stops, holds every promise to it, and tells how many commits there were. */
async function run(program: readonly Step[], stops: readonly Stop[]): Promise<number> {
  const world = createWorld();
  const device = new Device(world, stops);
  try {
    const rival = await world.device();
    for (const act of creations) await perform(rival, act);
    await rival.sync();
    await device.begin();
    await device.do('sync');
    await device.do('sync');
    const done = new Map<Act, boolean | 'unknown'>();
    for (const step of program) {
      const result = await device.do(step);
      if (step !== 'sync') done.set(step, result);
      // Read your writes, before and after a restart.
      expect(marksOf(await device.client.collection(task).list())).toEqual(
        expect.arrayContaining(expectedMarks(done)),
      );
    }
    await perform(rival, { kind: 'count', mark: 'rival', id: 'a', other: 'b' });
    for (let round = 0; round < 4; round++) {
      await rival.sync();
      await device.do('sync');
    }
    await rival.sync();
    const fresh = await world.device();
    await fresh.sync();
    const records = await fresh.collection(task).list({ orderBy: 'id' });
    expect(await device.client.collection(task).list({ orderBy: 'id' })).toEqual(records);
    expect(await rival.collection(task).list({ orderBy: 'id' })).toEqual(records);
    expect(device.client.outbox.list()).toEqual([]);
    for (const [act, result] of done) checkEffect(records, act, result);
    for (const { minutes, tags = [] } of records)
      expect(minutes).toBe(tags.filter((tag) => !tag.startsWith('new-')).length);
    return device.commits;
  } finally {
    await Promise.allSettled([world.close()]);
  }
}

type Records = readonly {
  readonly id: string;
  readonly title: string;
  readonly tags?: string[] | undefined;
}[];

function marksOf(records: Records): string[] {
  return records.flatMap(({ id, tags = [] }) => tags.map((tag) => `${id}/${tag}`));
}

function expectedMarks(done: ReadonlyMap<Act, boolean | 'unknown'>): string[] {
  return [...done].flatMap(([act, result]) =>
    result === true && act.kind !== 'title' ? recordsOf(act).map((id) => `${id}/${act.mark}`) : [],
  );
}

function recordsOf({ kind, id, other }: Act): string[] {
  return kind === 'pair' ? [id, other] : [id];
}

/** What was acknowledged is there, whole; what was not is there as a whole, or not at all. */
function checkEffect(records: Records, act: Act, result: boolean | 'unknown'): void {
  if (act.kind === 'title') return;
  const marks = marksOf(records);
  const wanted = recordsOf(act).map((id) => `${id}/${act.mark}`);
  const there = wanted.filter((mark) => marks.includes(mark));
  if (result === true) expect(there).toEqual(wanted);
  else expect([0, wanted.length]).toContain(there.length);
}

test('restart: stopping at any commit, before it or after it, and starting again changes no promise', async () => {
  let stops = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (program) => {
      const commits = await run(program, []);
      for (let commit = 1; commit <= commits; commit++) {
        for (const when of ['before', 'after'] as const) {
          await run(program, [{ commit, when }]);
          // And again at the first commit of the second life.
          await run(program, [
            { commit, when },
            { commit: commit + 1, when: 'after' },
          ]);
          stops += 3;
        }
      }
    }),
    { numRuns: 6 },
  );
  expect(stops).toBeGreaterThan(250);
});
