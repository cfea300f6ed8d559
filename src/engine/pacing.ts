import type { OutboxEntry } from '../contracts/queue.js';
import { backoffDelayMs } from '../outbox/backoff.js';
import type { Context } from './context.js';

/** Holds back what must wait on its own: throttled entities, and operations the server put off. */
export class Pacing {
  readonly #context: Context;
  /** Operation id or entity → since when it waits, and how long, ms. */
  readonly #held = new Map<string, { readonly since: number; readonly delayMs: number }>();
  /** Operation id → how often the server would not look at it. */
  readonly #blocked = new Map<string, number>();
  /** Nothing is throttled for now. */
  hurries = false;

  constructor(context: Context) {
    this.#context = context;
  }

  mayGo({ operation }: OutboxEntry): boolean {
    return !this.#waits(operation.id) && (this.hurries || !this.#waits(operation.entity));
  }

  /** Entities that are sent at most once per interval wait for the next one. */
  throttle(): void {
    for (const { name, sync } of this.#context.entities.values()) {
      if (sync.mode === 'throttled' && !this.#waits(name)) this.#hold(name, sync.intervalMs);
    }
  }

  /** Operations that were refused for now wait with backoff; everything else goes on. */
  putOff(afterMs: number): void {
    for (const { operation, attempts, state } of this.#context.mirror.entries()) {
      if (attempts === 0 || state !== 'pending' || this.#waits(operation.id)) continue;
      this.#hold(operation.id, retryDelayMs(this.#context, attempts - 1, afterMs) + 1);
    }
  }

  /** Operations that wait for one which the server does not have are asked about less and less often. */
  blocked(ids: readonly string[]): void {
    for (const id of ids) {
      const times = this.#blocked.get(id) ?? 0;
      this.#blocked.set(id, times + 1);
      this.#hold(id, retryDelayMs(this.#context, times) + 1);
    }
  }

  /** How long each of those that wait has still to wait, ms. */
  waitsMs(): number[] {
    for (const key of this.#held.keys()) if (!this.#waits(key)) this.#held.delete(key);
    return Array.from(this.#held.keys(), (key) => this.#leftMs(key));
  }

  #hold(key: string, delayMs: number): void {
    this.#held.set(key, { since: this.#context.runtime.now(), delayMs });
  }

  #waits(key: string): boolean {
    return this.#leftMs(key) > 0;
  }

  /** A clock that was set back says nothing about how long something has waited, so it has waited enough. */
  #leftMs(key: string): number {
    const { since, delayMs } = this.#held.get(key) ?? { since: 0, delayMs: 0 };
    const waitedMs = this.#context.runtime.now() - since;
    return waitedMs < 0 ? 0 : Math.max(0, delayMs - waitedMs);
  }
}

/** Before the next attempt, as the outbox's options have it, and no less than `floorMs`. */
export function retryDelayMs({ outbox, runtime }: Context, attempt: number, floorMs = 0): number {
  return backoffDelayMs(attempt, () => runtime.random(), {
    baseMs: outbox.backoffBaseMs,
    capMs: outbox.backoffCapMs,
    floorMs,
  });
}
