import type { Contender, Sample } from '../contract.js';
import { projectAt, taskAt, tasksOf, type Task } from '../records.js';
import { openRaw } from './raw.js';
import { openSynced } from './syncline.js';
import { timedEach } from './timing.js';

const written = 2;
const slices = 10;

/** From the call of a write to the new result in the hands of the one watcher that it concerns. */
export const liveOne = live(1);
export const liveHundred = live(100);

/** Each watcher sees one project. What raw code must at best do is a put, and the one query that it concerns. */
function live(watchers: number): Readonly<Record<string, Contender>> {
  return {
    async raw({ load, round }) {
      const store = await openRaw(`raw-${round}`);
      await store.putAll(tasksOf(load.records));
      const write = async (index: number) => {
        const task = changeOf(index, watchers);
        await store.put(task);
        expectIn(await store.byProject(task.project), task);
      };
      const count = load.few / slices;
      return {
        slices,
        run: (slice) => timedEach(count, write, slice * count),
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
      const write = async (index: number): Promise<Sample> => {
        const task = changeOf(index, watchers);
        const start = performance.now();
        const emission = board.next();
        const durable = store.tasks.create(task);
        const { rows, at } = await emission;
        await durable;
        expectIn(rows, task);
        return { seen: at - start, delivery: at - store.committedAt() };
      };
      const count = load.few / slices;
      return {
        slices,
        async run(slice) {
          const samples: Sample[] = [];
          for (let step = 0; step < count; step++) samples.push(await write(slice * count + step));
          return samples;
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
