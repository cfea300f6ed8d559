/**
 * A doorbell between servers in one process.
 *
 * @module syncline/server-bus/local
 */
import { SyncError } from 'syncline';
import type { BusRing, ServerBus } from 'syncline/server';

/** What the buses of one process share. */
export interface LocalLine {
  /** One for each subscription. */
  readonly subscriptions: Set<(ring: BusRing) => void>;
}

/** A line that nobody is on yet, for buses that are to hear each other. */
export function createLocalLine(): LocalLine {
  return { subscriptions: new Set() };
}

/**
 * A `ServerBus` in one process: between servers over one store, and whatever else waits for a space to move.
 *
 * @example
 * ```ts
 * import { localBus } from 'syncline/server-bus/local';
 * import { createSyncServer } from 'syncline/server';
 * import { memoryStore } from 'syncline/server-store/memory';
 *
 * const bus = localBus();
 * const server = createSyncServer({ entities: [], store: memoryStore(), bus, mode: 'development' });
 * const unsubscribe = await bus.subscribe(({ space, seq }) => console.log(`${space} is at ${seq}`));
 * ```
 */
export function localBus(line = createLocalLine()): ServerBus {
  const own = new Set<() => void>();
  let isClosed = false;

  return {
    publish(ring) {
      if (isClosed) return;
      for (const hear of line.subscriptions) queueMicrotask(() => hear(ring));
    },

    async subscribe(listener) {
      if (isClosed) throw new SyncError('network', 'the bus is closed');
      const hear = (ring: BusRing) => {
        if (!line.subscriptions.has(hear)) return;
        try {
          listener(ring);
        } catch {
          // A ring that its listener could not use is a lost ring.
        }
      };
      const end = () => {
        line.subscriptions.delete(hear);
        own.delete(end);
      };
      line.subscriptions.add(hear);
      own.add(end);
      return end;
    },

    async close() {
      isClosed = true;
      for (const end of own) end();
    },
  };
}
