import type { Contender, Prepared, Setting } from '../contract.js';
import { tasksOf, type Task } from '../records.js';
import { openRaw } from './raw.js';
import { openSynced, openSyncline } from './syncline.js';

const name = 'cold';

/** Leaves a store behind for a later browser process. `queued`: none of its records was sent yet. */
export const coldFill: Readonly<Record<string, Contender>> = {
  async raw({ load }) {
    const store = await openRaw(name);
    await store.putAll(tasksOf(load.records));
    return { run: async () => [], dispose: async () => store.close() };
  },
  async syncline({ load }) {
    const store = await openSynced(name, tasksOf(load.records));
    return { run: async () => [], dispose: () => store.close() };
  },
  async queued({ load }) {
    const store = await openSyncline({ name });
    await store.tasks.createMany(tasksOf(load.records));
    return { run: async () => [], dispose: () => store.close() };
  },
};

/** From nothing to all records in hand, in a browser process that has not touched the store yet. */
export const cold: Readonly<Record<string, Contender>> = {
  raw: async ({ load }) => {
    let close = async () => {};
    return {
      async run() {
        const start = performance.now();
        const store = await openRaw(name);
        const opened = performance.now() - start;
        const all = await store.all();
        const total = performance.now() - start;
        close = async () => store.close();
        expectAll(all, load.records);
        return [{ ms: total, opened }];
      },
      dispose: () => close(),
    };
  },
  syncline: openCold,
  queued: openCold,
};

async function openCold({ load }: Setting): Promise<Prepared> {
  let close = async () => {};
  return {
    async run() {
      const start = performance.now();
      const store = await openSyncline({ name });
      const opened = performance.now() - start;
      const all = await store.tasks.list();
      const total = performance.now() - start;
      close = () => store.close();
      expectAll(all, load.records);
      return [{ ms: total, opened }];
    },
    dispose: () => close(),
  };
}

function expectAll(all: readonly Readonly<Task>[], records: number): void {
  if (all.length !== records) throw new Error(`${all.length} of ${records} records are there`);
}
