import fc from 'fast-check';
import type { Json, ScanOptions, StorageAdapter, StorageWrite } from 'syncline';
import { createMemoryStore, memoryStorage, type MemoryHooks } from 'syncline/storage/memory';
import { expect, it } from 'vitest';
import { ManualTimer } from './manual-timer.js';

const layout = { a: { indexes: { due: '/due' } }, b: { indexes: {} } };
const ids = ['', 'x', 'y', 'xy', '😀', '～', '__proto__', 'z'];

const key = fc.constantFrom<Json>(-1, 0, 0.5, 1, 10, '', '1', 'a', 'ab', '😀', '～', null, true);
const write = fc.record({
  table: fc.constantFrom('a', 'b'),
  id: fc.constantFrom(...ids),
  value: fc.option(fc.record({ due: key, n: fc.nat(9) }), { nil: undefined, freq: 3 }),
});
const writes = fc.uniqueArray(write, {
  minLength: 1,
  maxLength: 5,
  selector: ({ table, id }) => `${table}/${id}`,
});
const bound = fc.constantFrom(-1, 0, 1, 5, '', '1', 'a', 'x', '～');
const range = fc.record(
  { lower: bound, upper: bound, lowerOpen: fc.boolean(), upperOpen: fc.boolean() },
  { requiredKeys: [] },
);
const scan = fc.record(
  { index: fc.constant('due'), range, limit: fc.nat(5), reverse: fc.boolean() },
  { requiredKeys: [] },
);
const who = fc.nat(1);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      who,
      writes,
      fault: fc.constantFrom('none', 'none', 'none', 'before', 'after'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('condition' as const), who, writes, holds: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      all: fc.array(fc.tuple(who, writes), { minLength: 2, maxLength: 8 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('scan' as const), who, table: fc.constant('a'), scan }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reopen' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('tick' as const), times: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ring' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Writes = readonly { table: string; id: string; value: Json | undefined }[];

type Tables = ReadonlyMap<string, Json>;

/** States of the store one after the other, and how far each adapter is known to be. */
class Model {
  readonly states: Tables[] = [new Map()];
  readonly known = [0, 0];

  commit(all: Writes): void {
    const next = new Map(this.latest());
    for (const { table, id, value } of all) {
      if (value === undefined) next.delete(`${table}/${id}`);
      else next.set(`${table}/${id}`, value);
    }
    this.states.push(next);
  }

  latest(): Tables {
    return this.states[this.states.length - 1] ?? new Map();
  }

  /** The rows must be those of one state, not before the one that this adapter was at. */
  follow(adapter: number, rows: readonly unknown[], expected: (state: Tables) => unknown[]): void {
    const from = this.known[adapter] ?? 0;
    const found = this.states
      .slice(from)
      .findIndex((state) => JSON.stringify(expected(state)) === JSON.stringify(rows));
    if (found < 0) expect(rows).toEqual(expected(this.latest()));
    this.known[adapter] = from + found;
  }

  caughtUp(adapter: number): void {
    this.known[adapter] = this.states.length - 1;
  }
}

/** A run in which nothing of this happened would prove nothing. */
const happened = { compactions: 0, faults: 0 };

class World {
  readonly #store = createMemoryStore();
  readonly #timer = new ManualTimer();
  readonly #model = new Model();
  #bells: (() => void)[] = [];
  #fault: 'none' | 'before' | 'after' = 'none';
  readonly #hooks: MemoryHooks = {
    beforeAppend: () => this.#stop('before'),
    afterAppend: () => this.#stop('after'),
    afterCompact: () => void happened.compactions++,
  };
  readonly #adapters: StorageAdapter[] = [];

  async run(steps: readonly Step[]): Promise<void> {
    for (const at of [0, 1]) this.#adapters[at] = await this.#open();
    for (const one of steps) await this.#take(one);
    const fresh = await this.#open();
    for (const table of ['a', 'b']) {
      const rows = await fresh.scan(table);
      expect(rows.map(({ id, value }) => [id, value])).toEqual(expectedRows(this.#model.latest(), table, {}));
    }
    for (const adapter of [...this.#adapters, fresh]) await adapter.close();
    expect(this.#timer.pending).toBe(0);
  }

  async #take(one: Step): Promise<void> {
    if (one.do === 'tick') await this.#tick(one.times);
    else if (one.do === 'ring') await this.#ring();
    else if (one.do === 'burst') await this.#burst(one.all);
    else if (one.do === 'commit') await this.#commit(one);
    else if (one.do === 'condition') await this.#condition(one);
    else if (one.do === 'scan') await this.#scan(one);
    else {
      await this.#adapter(one.who).close();
      this.#adapters[one.who] = await this.#open();
      this.#model.caughtUp(one.who);
    }
  }

  async #commit(one: { who: number; writes: Writes; fault: string }): Promise<void> {
    this.#fault = one.fault as 'none';
    const outcome = await this.#adapter(one.who)
      .commit(plain(one.writes))
      .then(
        () => 'resolved',
        () => 'rejected',
      );
    expect(outcome).toBe(one.fault === 'none' ? 'resolved' : 'rejected');
    if (one.fault !== 'before') this.#model.commit(one.writes);
    if (one.fault === 'none') this.#model.caughtUp(one.who);
    this.#fault = 'none';
  }

  /** Conditions taken from a fresh reader hold; with one raised they do not. */
  async #condition(one: { who: number; writes: Writes; holds: boolean }): Promise<void> {
    const fresh = await this.#open();
    const conditional: StorageWrite[] = [];
    for (const [at, each] of plain(one.writes).entries()) {
      const [row] = await fresh.get(each.table, [each.id]);
      const wrong = !one.holds && at === 0 ? 1 : 0;
      conditional.push({ ...each, ifRevision: (row?.revision ?? 0) + wrong });
    }
    await fresh.close();
    const adapter = this.#adapter(one.who);
    if (one.holds) {
      await adapter.commit(conditional);
      this.#model.commit(one.writes);
      this.#model.caughtUp(one.who);
    } else {
      const rows = [{ table: one.writes[0]?.table, id: one.writes[0]?.id }];
      await expect(adapter.commit(conditional)).rejects.toMatchObject({
        code: 'storage-conflict',
        details: { rows },
      });
    }
  }

  async #burst(all: readonly (readonly [number, Writes])[]): Promise<void> {
    const results = await Promise.all(
      all.map(async ([at, each]) => ({ each, ...(await this.#adapter(at).commit(plain(each))) })),
    );
    results.sort((a, b) => a.revision - b.revision);
    expect(new Set(results.map(({ revision }) => revision)).size).toBe(results.length);
    for (const { each } of results) this.#model.commit(each);
  }

  async #scan(one: { who: number; table: string; scan: ScanOptions }): Promise<void> {
    const rows = await this.#adapter(one.who).scan(one.table, one.scan);
    this.#model.follow(
      one.who,
      rows.map(({ id, value }) => [id, value]),
      (state) => expectedRows(state, one.table, one.scan),
    );
  }

  async #tick(times: number): Promise<void> {
    for (let turn = 0; turn < times && this.#timer.tick(); turn++) await this.#adapter(0).get('a', []);
  }

  /** After the doorbell and its read the adapters are up to date. */
  async #ring(): Promise<void> {
    const bells = this.#bells;
    this.#bells = [];
    for (const bell of bells) bell();
    for (const adapter of this.#adapters) await adapter.get('a', []);
  }

  #adapter(at: number): StorageAdapter {
    const adapter = this.#adapters[at];
    if (adapter === undefined) throw new Error(`no adapter ${at}`);
    return adapter;
  }

  async #open(): Promise<StorageAdapter> {
    const storage = memoryStorage({
      store: this.#store,
      hooks: this.#hooks,
      deliver: (bell) => this.#bells.push(bell),
      runtime: this.#timer,
      compactAfter: 3,
    });
    await storage.open(layout);
    return storage;
  }

  #stop(at: 'before' | 'after'): void {
    if (this.#fault !== at) return;
    this.#fault = 'none';
    happened.faults++;
    throw new Error(`stopped ${at} the append`);
  }
}

it('a log storage does what a sorted list of rows does, through restarts, faults, compactions and a second adapter', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => new World().run(steps)),
    { numRuns: 500 },
  );
  expect(happened.compactions).toBeGreaterThan(100);
  expect(happened.faults).toBeGreaterThan(100);
});

function plain(all: Writes): StorageWrite[] {
  return all.map(({ table, id, value }) => (value === undefined ? { table, id } : { table, id, value }));
}

function expectedRows(
  state: Tables,
  table: string,
  { index, range = {}, limit, reverse }: ScanOptions,
): [string, Json][] {
  const keyOf = ([id, value]: [string, Json]): Json | undefined =>
    index === undefined ? id : (value as { due: Json }).due;
  const rows = [...state]
    .filter(([name]) => name.startsWith(`${table}/`))
    .map(([name, value]): [string, Json] => [name.slice(table.length + 1), value])
    .filter((row) => ['string', 'number'].includes(typeof keyOf(row)))
    .filter((row) => inside(keyOf(row) as number | string, range))
    .sort((a, b) => order(keyOf(a) as string, keyOf(b) as string) || order(a[0], b[0]));
  if (reverse === true) rows.reverse();
  return rows.slice(0, limit ?? rows.length);
}

function inside(key: number | string, range: NonNullable<ScanOptions['range']>): boolean {
  const low = range.lower === undefined ? 1 : order(key, range.lower);
  const high = range.upper === undefined ? -1 : order(key, range.upper);
  return (low > 0 || (low === 0 && !range.lowerOpen)) && (high < 0 || (high === 0 && !range.upperOpen));
}

function order(a: number | string, b: number | string): number {
  const rank = Number(typeof a === 'string') - Number(typeof b === 'string');
  if (rank !== 0) return rank;
  return a < b ? -1 : a > b ? 1 : 0;
}
