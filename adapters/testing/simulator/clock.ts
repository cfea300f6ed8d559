interface Timer {
  readonly at: number;
  /** Ties go to the timer that was set first. */
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** Time that passes only when told to. Between two timers all promises settle. */
export class VirtualClock {
  /** Milliseconds since 1970. */
  now: number;
  /** Timers fired so far. */
  fired = 0;
  readonly #heap: Timer[] = [];
  #order = 0;

  constructor(
    startMs: number,
    /** Resolves when nothing can happen any more without a timer. */
    readonly quiet: () => Promise<void>,
  ) {
    this.now = startMs;
  }

  /** Calls back once after a while; the result cancels. */
  after(delayMs: number, fire: () => void): () => void {
    const timer: Timer = {
      at: this.now + Math.max(0, delayMs),
      order: this.#order++,
      fire,
      cancelled: false,
    };
    this.#push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Lets time pass, timer by timer; `each` runs when all is quiet after one. */
  async advance(byMs: number, each: () => Promise<void>): Promise<void> {
    const until = this.now + byMs;
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      if (next.cancelled) continue;
      this.now = Math.max(this.now, next.at);
      this.fired++;
      next.fire();
      await this.quiet();
      await each();
    }
    this.now = until;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(timer, heap[parent]); parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      heap[parent] = timer;
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child])) child++;
      if (child >= heap.length || !isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Timer, b: Timer | undefined): boolean {
  return b === undefined || a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when every promise that can settle without a timer has settled: microtasks go before any macrotask. */
export function settled(): Promise<void> {
  return new Promise(macrotask);
}

const macrotask: (run: () => void) => void =
  typeof setImmediate === 'function'
    ? setImmediate
    : (run) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          run();
        };
        port2.postMessage(undefined);
      };
