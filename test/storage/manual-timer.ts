import type { Runtime } from 'syncline';

/** Timers that run when a test says so. */
export class ManualTimer implements Pick<Runtime, 'setTimer'> {
  #due: (() => void)[] = [];
  readonly delays: number[] = [];

  setTimer(delayMs: number, callback: () => void): () => void {
    this.delays.push(delayMs);
    this.#due.push(callback);
    return () => {
      this.#due = this.#due.filter((one) => one !== callback);
    };
  }

  get pending(): number {
    return this.#due.length;
  }

  /** Runs what is due now; false when there was nothing. */
  tick(): boolean {
    const due = this.#due;
    this.#due = [];
    for (const callback of due) callback();
    return due.length > 0;
  }
}
