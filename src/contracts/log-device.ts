/** An entry as it is read back. */
export interface LogEntry {
  /** Place in the log: 1, 2, 3 … without gaps. */
  readonly position: number;
  readonly payload: string;
}

/** What a device hands over when it is read. */
export interface LogContents {
  /** The newest snapshot, when the reader is behind it: it stands for all entries up to `upTo`. */
  readonly snapshot?: { readonly upTo: number; readonly chunks: readonly string[] };
  /** Entries after the snapshot, or after the asked position, in order and without gaps. */
  readonly entries: readonly LogEntry[];
}

/** What a device tells its user unasked. */
export interface LogSignals {
  /** Another tab or process appended: the log is worth reading. Losing this costs latency only. */
  appended?(): void;
  /** The platform is known to have thrown away what was here (a wiped database). */
  lost?(reason: string): void;
  /** The device was closed from outside. */
  closed?(reason: string): void;
}

/**
 * An append-only log of text entries with a snapshot under it: what most platforms need to offer.
 *
 * Payloads carry their own checksum, written and checked by `logStorage`; a device stores text and keeps order.
 */
export interface LogDevice {
  open(signals?: LogSignals): Promise<void>;
  /** Everything after position `after`; the snapshot comes along when `after` lies before its end. */
  read(after: number): Promise<LogContents>;
  /**
   * Atomic; durable when it resolves. Takes position `after + 1`, and resolves with `false`, changing nothing, when
   * the log's head is not `after` any more.
   */
  append(payload: string, options: { readonly after: number }): Promise<boolean>;
  /**
   * Replaces the snapshot by one that stands for all entries up to `upTo`, and drops those entries, atomically.
   * Resolves with `false`, changing nothing, when there is a snapshot at or past `upTo` already.
   */
  compact(snapshot: readonly string[], upTo: number): Promise<boolean>;
  close(): Promise<void>;
  /** Closes, and removes all that was stored. */
  destroy(): Promise<void>;
}
