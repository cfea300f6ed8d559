import { SyncError, type Runtime } from 'syncline';
import type { LogArea, Pointer } from './log-area.js';
import type { TabLocks } from './surroundings.js';

/** How far a log has come. */
type Mark = Pick<Pointer, 'epoch' | 'upTo'> & { readonly head: number };

const pauseMs = 2;

/**
 * Makes tabs take turns, and lets none work on an old view.
 *
 * A lock alone is not enough: browsers bring what one process wrote to the others in their own time, which may be after
 * the lock was passed on. So each tab holds, in the name of a second lock, how far the log had come when it last wrote,
 * and whoever has the turn waits until it can see that far.
 */
export class Turns {
  readonly #area: LogArea;
  readonly #locks: TabLocks;
  readonly #runtime: Pick<Runtime, 'setTimer'>;
  readonly #limitMs: number;
  #announced = '';
  #retract: (() => void) | undefined;

  constructor(area: LogArea, locks: TabLocks, runtime: Pick<Runtime, 'setTimer'>, limitMs: number) {
    this.#area = area;
    this.#locks = locks;
    this.#runtime = runtime;
    this.#limitMs = limitMs;
  }

  /** `work` changes the log, and runs alone. */
  take<T>(work: () => T): Promise<T> {
    return this.#locks.request(`${this.#area.prefix}turn`, { mode: 'exclusive' }, async () => {
      await this.catchUp();
      const result = work();
      await this.#announce();
      return result;
    });
  }

  /** Waits until all that others have announced can be seen. */
  async catchUp(): Promise<void> {
    const { held = [] } = await this.#locks.query();
    const begin = `${this.#area.prefix}at `;
    const marks = held.flatMap(({ name }) =>
      name?.startsWith(begin) ? [markOf(name.slice(begin.length))] : [],
    );
    for (let waitedMs = 0; !marks.every((mark) => this.#isVisible(mark)); waitedMs += pauseMs) {
      if (waitedMs >= this.#limitMs) {
        throw new SyncError('storage-blocked', 'what another tab wrote does not arrive here', {
          hint: 'Close the other tabs of this application.',
        });
      }
      await new Promise<void>((resolve) => void this.#runtime.setTimer(pauseMs, resolve));
    }
  }

  end(): void {
    this.#retract?.();
    this.#retract = undefined;
    this.#announced = '';
  }

  async #announce(): Promise<void> {
    const pointer = this.#area.pointer();
    if (pointer === undefined) return this.end();
    const name = `${this.#area.prefix}at ${pointer.epoch} ${pointer.upTo} ${this.#area.head(pointer)}`;
    if (name === this.#announced) return;
    const before = this.#retract;
    await new Promise<void>((held, failed) => {
      const hold = () =>
        new Promise<void>((release) => {
          this.#retract = release;
          held();
        });
      this.#locks.request(name, { mode: 'shared' }, hold).catch(failed);
    });
    this.#announced = name;
    before?.();
  }

  #isVisible({ epoch, upTo, head }: Mark): boolean {
    const pointer = this.#area.pointer();
    return pointer?.epoch === epoch && pointer.upTo >= upTo && this.#area.head(pointer) >= head;
  }
}

function markOf(text: string): Mark {
  const [epoch = '', upTo, head] = text.split(' ');
  return { epoch, upTo: Number(upTo), head: Number(head) };
}
