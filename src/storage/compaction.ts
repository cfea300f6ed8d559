import type { LogDevice } from '../contracts/log-device.js';
import type { Runtime } from '../contracts/runtime.js';
import type { StoredRow } from '../contracts/storage.js';
import type { Resident } from './resident.js';
import { encodeChunk, encodeManifest } from './row-codec.js';

export interface CompactionOptions {
  readonly runtime: Pick<Runtime, 'setTimer'>;
  /** Entries after the snapshot before a new one is due; one more for every hundred rows. */
  readonly compactAfter: number;
}

/** Rows that allow the log one entry more: a large store is not rewritten as often as a small one. */
const rowsPerEntry = 100;

/** Characters of entries that make a snapshot due as well, once most rows in them were written over. */
const entryCharsMax = 4 * 1024 * 1024;

/** Pause before the first slice, so that a burst of writes is not disturbed. */
const idleMs = 100;

/**
 * Replaces the log's entries by a snapshot when there are many of them.
 *
 * Rows are immutable, so the arrays taken at the start are the snapshot; commits go on meanwhile and stay in the log.
 * Each slice makes one chunk: about a millisecond of work on the timer of the runtime.
 */
export class Compaction {
  readonly #device: LogDevice;
  readonly #options: CompactionOptions;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;
  /** Head at the last attempt: one that failed is not repeated at once. */
  #tried = 0;

  constructor(device: LogDevice, options: CompactionOptions) {
    this.#device = device;
    this.#options = options;
  }

  /** Starts a snapshot of `resident()` in the background when one is due. */
  consider(resident: () => Resident): void {
    if (this.#stopped || this.#cancel !== undefined || this.#writing !== undefined) return;
    if (!this.#isDue(resident())) return;
    this.#later(idleMs, () => {
      const now = resident();
      this.#tried = now.head;
      this.#slice(now, new Snapshot(now), () => this.consider(resident));
    });
  }

  /** Writes a snapshot at once; rejects as the device does. */
  async now(resident: Resident): Promise<void> {
    const snapshot = new Snapshot(resident);
    while (!snapshot.step());
    await this.#write(resident, snapshot);
  }

  /** Cancels what has not reached the device, and waits for what has. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#writing;
  }

  #isDue(resident: Resident): boolean {
    const rows = resident.rowCount();
    const entries = resident.head - Math.max(resident.snapshotUpTo, this.#tried);
    if (entries >= this.#options.compactAfter + rows / rowsPerEntry) return true;
    const failed = this.#tried > resident.snapshotUpTo;
    return !failed && resident.entryChars >= entryCharsMax && resident.entryRows >= 2 * rows;
  }

  #slice(resident: Resident, snapshot: Snapshot, done: () => void): void {
    if (!snapshot.step()) {
      this.#later(0, () => this.#slice(resident, snapshot, done));
      return;
    }
    // A log that could not be compacted is longer, not wrong; the next attempt comes when it has grown again.
    this.#writing = this.#write(resident, snapshot)
      .catch(() => undefined)
      .finally(() => {
        this.#writing = undefined;
        done();
      });
  }

  /** When the device declines, somebody else's snapshot is at or past this one, which serves as well. */
  async #write(resident: Resident, snapshot: Snapshot): Promise<void> {
    await this.#device.compact(snapshot.chunks, snapshot.upTo);
    resident.snapshotUpTo = snapshot.upTo;
    resident.entryChars -= snapshot.entryChars;
    resident.entryRows -= snapshot.entryRows;
  }

  #later(delayMs: number, run: () => void): void {
    this.#cancel = this.#options.runtime.setTimer(delayMs, () => {
      this.#cancel = undefined;
      run();
    });
  }
}

/** A snapshot in the making. */
class Snapshot {
  readonly upTo: number;
  readonly entryChars: number;
  readonly entryRows: number;
  readonly chunks: string[] = [];
  readonly #revision: number;
  readonly #tables: (readonly [name: string, rows: readonly StoredRow[]])[] = [];
  #table = 0;
  #row = 0;
  #rows = 0;

  constructor(resident: Resident) {
    this.upTo = resident.head;
    this.entryChars = resident.entryChars;
    this.entryRows = resident.entryRows;
    this.#revision = resident.revision;
    for (const [name, { rows }] of resident.tables())
      if (rows.size > 0) this.#tables.push([name, [...rows.values()]]);
  }

  /** Makes one chunk; true when it was the last one. */
  step(): boolean {
    const table = this.#tables[this.#table];
    if (table === undefined) {
      this.chunks.push(encodeManifest(this.#revision, this.#rows));
      return true;
    }
    const [name, rows] = table;
    const { chunk, next } = encodeChunk(name, rows, this.#row);
    this.chunks.push(chunk);
    this.#rows += next - this.#row;
    this.#row = next < rows.length ? next : 0;
    if (this.#row === 0) this.#table++;
    return false;
  }
}
