import { settled } from './clock.js';

/** How long a call may take, in real milliseconds, before time goes on without it: it may wait for a timer of its own. */
const patienceMs = 100;

/** Counts the calls that leave the simulation for real disks, and waits for them. */
export class Calls {
  #underWay = 0;

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#underWay--;
    }
  }

  /** Everything has settled that can without a timer, and no call is on its way. */
  async quiet(): Promise<void> {
    await settled();
    if (this.#underWay === 0) return;
    const until = performance.now() + patienceMs;
    while (this.#underWay > 0 && performance.now() < until) await settled();
    await settled();
  }
}
