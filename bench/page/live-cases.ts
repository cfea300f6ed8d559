import type { Contender } from '../contract.js';
import { projectAt, taskAt, tasksOf, type Task } from '../records.js';
import { percentile } from '../statistics.js';
import { openRaw } from './raw.js';
import { openSynced } from './syncline.js';
import { timed } from './timing.js';

const written = 2;

/** From the call of a write to the new result in the hands of the one watcher that it concerns. */
export const liveOne = live(1);
export const liveHundred = live(100);

/** Each watcher sees one project. What raw code must at best do is a put, and the one query that it concerns. */
function live(watchers: number): Readonly<Record<string, Contender>> {
  return {
    async raw({ load, round }) {
      const store = await openRaw(`raw-${round}`);
      await store.putAll(tasksOf(load.records));
      return {
        async run() {
          const times: number[] = [];
          for (let index = 0; index < load.queries; index++) {
            const task = changeOf(index, watchers);
            times.push(
              await timed(async () => {
                await store.put(task);
                expectIn(await store.byProject(task.project), task);
              }),
            );
          }
          return { p50: percentile(times, 0.5), p95: percentile(times, 0.95) };
        },
        dispose: () => store.destroy(),
      };
    },
    async syncline({ load, round }) {
      const store = await openSynced(`syncline-${round}`, tasksOf(load.records));
      const board = new Board();
      const subscriptions = Array.from({ length: watchers }, (_, at) =>
        store.tasks.watch({ where: { project: projectAt(at) } }).subscribe((rows) => board.emitted(rows)),
      );
      await board.count(watchers);
      return {
        async run() {
          const seen: number[] = [];
          const durable: number[] = [];
          for (let index = 0; index < load.queries; index++) {
            const task = changeOf(index, watchers);
            const start = performance.now();
            const emission = board.next();
            const write = store.tasks.create(task).then(() => performance.now());
            const { rows, at } = await emission;
            seen.push(at - start);
            durable.push((await write) - start);
            expectIn(rows, task);
          }
          return {
            p50: percentile(seen, 0.5),
            p95: percentile(seen, 0.95),
            durableP50: percentile(durable, 0.5),
          };
        },
        async dispose() {
          for (const subscription of subscriptions) subscription.unsubscribe();
          await store.destroy();
        },
      };
    },
  };
}

interface Emission {
  readonly rows: readonly Readonly<Task>[];
  readonly at: number;
}

/** Where watchers put what they get. */
class Board {
  #emissions = 0;
  #waiting: ((emission: Emission) => void) | undefined;

  emitted(rows: Emission['rows']): void {
    const at = performance.now();
    this.#emissions++;
    this.#waiting?.({ rows, at });
    this.#waiting = undefined;
  }

  next(): Promise<Emission> {
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  async count(wanted: number): Promise<void> {
    while (this.#emissions < wanted) await this.next();
  }
}

function changeOf(index: number, watchers: number): Task {
  return { ...taskAt(index, { series: written }), project: projectAt(index % watchers) };
}

function expectIn(rows: readonly Readonly<Task>[], { id }: Task): void {
  if (!rows.some((row) => row.id === id)) throw new Error('the write is not in the result');
}
