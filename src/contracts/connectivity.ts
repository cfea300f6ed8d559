/** Whether the server can be reached, as far as the platform knows. */
export interface Connectivity {
  isOnline(): boolean;
  /** Calls back on each change; the result unsubscribes. */
  subscribe(listener: (online: boolean) => void): () => void;
}

/** Lets one tab of several do a job. A courtesy, not a safeguard: two holders at once must be harmless. */
export interface Lease {
  /** Resolves with a release function once this tab holds the lease. Rejects when `signal` aborts. */
  acquire(name: string, options: { readonly signal: AbortSignal }): Promise<() => void>;
}

/** What the engine takes from the platform it runs on. Absent parts: always online, always the only tab. */
export interface Platform {
  readonly connectivity?: Connectivity;
  readonly lease?: Lease;
  /** Stops listeners and timers. */
  close?(): void;
}
