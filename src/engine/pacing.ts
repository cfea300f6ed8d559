import type { OutboxEntry } from '../contracts/queue.js';
import { backoffDelayMs } from '../outbox/backoff.js';
import type { Context } from './context.js';

/** Holds back what must wait on its own: throttled entities, and operations the server put off. */
export class Pacing {
  readonly #context: Context;
  /** Operation id or entity → time before which it must wait, ms. */
  readonly #notBefore = new Map<string, number>();
  /** Operation id → how often the server would not look at it. */
  readonly #blocked = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  mayGo({ operation }: OutboxEntry): boolean {
    return !this.#waits(operation.id) && !this.#waits(operation.entity);
  }

  /** Entities that are sent at most once per interval wait for the next one. */
  throttle(): void {
    for (const { name, sync } of this.#context.entities.values()) {
      if (sync.mode === 'throttled' && !this.#waits(name)) this.#hold(name, sync.intervalMs);
    }
  }

  /** Operations that were refused for now wait with backoff; everything else goes on. */
  putOff(afterMs: number): void {
    const { outbox, runtime, mirror } = this.#context;
    for (const { operation, attempts, state } of mirror.entries()) {
      if (attempts === 0 || state !== 'pending' || this.#waits(operation.id)) continue;
      const delayMs = backoffDelayMs(attempts - 1, () => runtime.random(), {
        baseMs: outbox.backoffBaseMs,
        capMs: outbox.backoffCapMs,
        floorMs: afterMs,
      });
      this.#hold(operation.id, delayMs + 1);
    }
  }

  /** Operations that wait for one which the server does not have are asked about less and less often. */
  blocked(ids: readonly string[]): void {
    const { outbox, runtime } = this.#context;
    for (const id of ids) {
      const times = this.#blocked.get(id) ?? 0;
      this.#blocked.set(id, times + 1);
      const delayMs = backoffDelayMs(times, () => runtime.random(), {
        baseMs: outbox.backoffBaseMs,
        capMs: outbox.backoffCapMs,
      });
      this.#hold(id, delayMs + 1);
    }
  }

  /** How long each of those that wait has still to wait, ms. */
  waitsMs(): number[] {
    const now = this.#context.runtime.now();
    for (const [key, until] of this.#notBefore) if (until <= now) this.#notBefore.delete(key);
    return [...this.#notBefore.values()].map((until) => until - now);
  }

  #hold(key: string, delayMs: number): void {
    this.#notBefore.set(key, this.#context.runtime.now() + delayMs);
  }

  #waits(key: string): boolean {
    return (this.#notBefore.get(key) ?? 0) > this.#context.runtime.now();
  }
}
