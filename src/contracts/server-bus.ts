/** Word that a space moved: its newest place in the total order is at least `seq`. */
export interface BusRing {
  readonly space: string;
  readonly seq: number;
}

/**
 * A doorbell between the servers of one store. Nothing is carried but rings: who hears one looks into the store.
 *
 * Rings may be lost, come twice, or in another order; that costs latency, never data. Those of one space may be drawn
 * together, as long as the newest arrives. A ring reaches the subscribers of every bus on the line, the publisher's
 * own among them, and no listener runs before `publish` has returned.
 */
export interface ServerBus {
  /** Never throws, and never waits; after `close` it does nothing. */
  publish(ring: BusRing): void;
  /**
   * Resolves once rings published from now on arrive, with what ends it. A listener that throws harms nobody else.
   * Rejects with `SyncError` `network` where the line cannot be had, or the bus is closed.
   */
  subscribe(listener: (ring: BusRing) => void): Promise<() => void>;
  /** Ends all subscriptions of this bus, and its part of the line. Idempotent. */
  close(): Promise<void>;
}
