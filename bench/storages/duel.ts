import { percentile } from '../statistics.js';
import { taskAt, tasksOf, type Task } from '../records.js';

/** A store of records with an index on their project: a storage of ours, or what lies under it. */
export interface Store {
  /** Resolves when it is durable. */
  put(task: Task): Promise<unknown>;
  putAll(tasks: readonly Task[]): Promise<unknown>;
  /** All records in the order of their ids. */
  all(): Promise<readonly Task[]>;
  /** Closes, and removes what was stored. */
  dispose(): Promise<unknown>;
}

/** Who are compared: a storage, and what it stands on, used as directly as can be. */
export interface Pair {
  raw(name: string): Promise<Store>;
  ours(name: string): Promise<Store>;
}

export interface StorageLoad {
  /** Records of the bulk write, and in the store that is scanned. */
  readonly records: number;
  /** Single writes; a multiple of `slices`. */
  readonly singles: number;
  readonly scans: number;
}

/** Milliseconds. */
export interface Times {
  /** The bulk write as a whole. */
  readonly bulk: number;
  /** Median of the single writes. */
  readonly single: number;
  /** Median of the scans. */
  readonly scan: number;
}

export type DuelTimes = Readonly<Record<'raw' | 'ours', Times>>;

/** Parts of the single writes, between which the other one has its. */
const slices = 10;

/** One round: the same work by both, in turns, each over a new store. Who begins changes from round to round. */
export async function duel(pair: Pair, load: StorageLoad, round: number): Promise<DuelTimes> {
  const names = round % 2 === 0 ? (['raw', 'ours'] as const) : (['ours', 'raw'] as const);
  const stores = new Map<'raw' | 'ours', Store>();
  for (const name of names) stores.set(name, await pair[name](`${name}-${round}`));
  const times = { raw: blank(), ours: blank() };
  const tasks = tasksOf(load.records);
  const each = async (work: (store: Store, name: 'raw' | 'ours') => Promise<void>) => {
    for (const [name, store] of stores) await work(store, name);
  };
  await each(async (store, name) => {
    times[name].bulk.push(await timed(() => store.putAll(tasks)));
  });
  for (let slice = 0; slice < slices; slice++) {
    await each(async (store, name) => {
      for (let at = 0; at < load.singles / slices; at++) {
        const task = taskAt(slice * load.singles + at, { series: 1 });
        times[name].single.push(await timed(() => store.put(task)));
      }
    });
  }
  for (let scan = 0; scan < load.scans; scan++) {
    await each(async (store, name) => {
      let found: readonly Task[] = [];
      times[name].scan.push(await timed(async () => (found = await store.all())));
      if (found.length !== load.records + load.singles || found[0]?.title === undefined)
        throw new Error(`${name} has not got what was written`);
    });
  }
  await each(async (store) => void (await store.dispose()));
  return { raw: medians(times.raw), ours: medians(times.ours) };
}

type Samples = Record<keyof Times, number[]>;

function blank(): Samples {
  return { bulk: [], single: [], scan: [] };
}

function medians({ bulk, single, scan }: Samples): Times {
  return { bulk: percentile(bulk, 0.5), single: percentile(single, 0.5), scan: percentile(scan, 0.5) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
