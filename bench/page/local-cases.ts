import type { Contender, Prepared, Setting } from '../contract.js';
import { projectAt, taskAt, tasksOf, type Task } from '../records.js';
import { openRaw, type RawStore } from './raw.js';
import { openSynced, openSyncline, type SynclineStore } from './syncline.js';
import { timed, timedEach } from './timing.js';

/** Series of ids that are written while a case runs. */
const written = 1;

type Run<Store> = (store: Store, setting: Setting, slice: number) => ReturnType<Prepared['run']>;

interface Options {
  readonly slices?: number;
  readonly durability?: 'relaxed' | 'strict';
}

/** A store of the loaded size, and a run over it. */
function withRaw(run: Run<RawStore>, { slices = 1, durability = 'relaxed' }: Options = {}): Contender {
  return async (setting) => {
    const store = await openRaw(`raw-${setting.round}`, durability);
    await store.putAll(tasksOf(setting.load.records));
    return { slices, run: (slice) => run(store, setting, slice), dispose: () => store.destroy() };
  };
}

function withSyncline(
  run: Run<SynclineStore>,
  { slices = 1, durability = 'relaxed' }: Options = {},
): Contender {
  return async (setting) => {
    const store = await openSynced(`syncline-${setting.round}`, tasksOf(setting.load.records), durability);
    return { slices, run: (slice) => run(store, setting, slice), dispose: () => store.destroy() };
  };
}

const createRaw = (store: RawStore, count: number, slice: number) =>
  timedEach(count, (index) => store.put(taskAt(index, { series: written })), slice * count);

const createSyncline = ({ tasks }: SynclineStore, count: number, slice: number) =>
  timedEach(count, (index) => tasks.create(taskAt(index, { series: written })), slice * count);

const slices = 10;

/** Durable writes, one awaited after the other. */
export const single = singleOf({ slices });
export const strict = singleOf({ slices, durability: 'strict' });

function singleOf(options: Options): Readonly<Record<string, Contender>> {
  return {
    raw: withRaw((store, { load }, slice) => createRaw(store, load.few / slices, slice), options),
    syncline: withSyncline(
      (store, { load }, slice) => createSyncline(store, load.few / slices, slice),
      options,
    ),
  };
}

/** Many of them in a row, so that what is put off has to be done on the way. */
const sequenceRaw = withRaw((store, { load }) => createRaw(store, load.operations, 0));
export const sequence: Readonly<Record<string, Contender>> = {
  raw: sequenceRaw,
  syncline: withSyncline((store, { load }) => createSyncline(store, load.operations, 0)),
};

/** Writes issued at once, each with a promise of its own. The raw limit is also shown one by one. */
export const concurrent: Readonly<Record<string, Contender>> = {
  raw: sequenceRaw,
  pipelined: withRaw(async (store, { load }) => [
    await timed(() => Promise.all(fresh(load.operations).map((each) => store.put(each)))),
  ]),
  syncline: withSyncline(async ({ tasks }, { load }) => [
    await timed(() => Promise.all(fresh(load.operations).map((each) => tasks.create(each)))),
  ]),
};

/** One bulk write into an empty store. */
export const bulk = bulkOf(false);
export const bulkWide = bulkOf(true);

function bulkOf(wide: boolean): Readonly<Record<string, Contender>> {
  return {
    async raw({ load, round }) {
      const store = await openRaw(`raw-${round}`);
      const tasks = tasksOf(load.records, { wide });
      return {
        run: async () => [await timed(() => store.putAll(tasks))],
        dispose: () => store.destroy(),
      };
    },
    async syncline({ load, round }) {
      const store = await openSyncline({ name: `syncline-${round}` });
      const tasks = tasksOf(load.records, { wide });
      return {
        run: async () => [await timed(() => store.tasks.createMany(tasks))],
        dispose: () => store.destroy(),
      };
    },
  };
}

/** Durable changes of one field, spread over the store. */
export const update: Readonly<Record<string, Contender>> = {
  raw: withRaw((store, { load }) =>
    timedEach(load.operations, (index) =>
      store.update(spreadId(index, load.records), { minutes: 1000 + index }),
    ),
  ),
  syncline: withSyncline(({ tasks }, { load }) =>
    timedEach(load.operations, (index) =>
      tasks.update(spreadId(index, load.records), { minutes: 1000 + index }),
    ),
  ),
};

export const get: Readonly<Record<string, Contender>> = {
  raw: withRaw((store, { load }) =>
    timedEach(load.operations, async (index) => expectTask(await store.get(spreadId(index, load.records)))),
  ),
  syncline: withSyncline(({ tasks }, { load }) =>
    timedEach(load.operations, async (index) => expectTask(await tasks.get(spreadId(index, load.records)))),
  ),
};

/** The records of one project, by the index. */
export const query: Readonly<Record<string, Contender>> = {
  raw: withRaw(
    (store, { load }, slice) =>
      timedEach(
        load.few / slices,
        async (index) => expectTask((await store.byProject(projectAt(index)))[0]),
        slice,
      ),
    { slices },
  ),
  syncline: withSyncline(
    ({ tasks }, { load }, slice) =>
      timedEach(
        load.few / slices,
        async (index) => expectTask((await tasks.list({ where: { project: projectAt(index) } }))[0]),
        slice,
      ),
    { slices },
  ),
};

/** Steps far apart, so that no two neighbours are asked for in a row. */
function spreadId(index: number, records: number): string {
  return taskAt((index * 7919) % records).id;
}

function fresh(count: number): Task[] {
  return tasksOf(count, { series: written });
}

function expectTask(task: Task | undefined): void {
  if (task === undefined || task.title.length === 0) throw new Error('a record is missing');
}
