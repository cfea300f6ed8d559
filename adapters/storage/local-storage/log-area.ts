import { SyncError, type LogContents, type LogEntry } from 'syncline';
import type { KeyValueArea } from './surroundings.js';

/** What the log is now: one key has it, so that it changes from one moment to the next. */
export interface Pointer {
  /** Made when the log was created; another one means that the log is another. */
  readonly epoch: string;
  /** End of the snapshot, which is 0 where there is none, and how many chunks it has. */
  readonly upTo: number;
  readonly chunks: number;
}

const formatVersion = 1;
const versionPattern = /^syncline log (\d+)\b/;
const pointerPattern = /^syncline log \d+ (\S+) (\d+) (\d+)$/;

/** Stands in place of a pointer while the log is removed. */
export const removedMark = 'syncline log 0';

/** In place of a text that is gone: `logStorage` finds that its checksum is wrong. */
const missing = 'missing in the storage';

/**
 * A log in an area of keys and texts, synchronously. Entries are keys of their own; a snapshot is written under new
 * keys, then the pointer is set, then the old ones are removed: a stop between any two calls to the area loses nothing.
 */
export class LogArea {
  readonly #area: KeyValueArea;
  readonly prefix: string;
  readonly pointerKey: string;
  /** Newest position that is known; undefined before the first look. */
  #seen: number | undefined;

  constructor(area: KeyValueArea, name: string) {
    this.#area = area;
    this.prefix = `syncline:${name}:`;
    this.pointerKey = `${this.prefix}log`;
  }

  /** Undefined where there is no log. Throws `storage-corrupt` for what is none, and `version` for a newer one. */
  pointer(): Pointer | undefined {
    const text = this.#area.getItem(this.pointerKey);
    if (text === null || text === removedMark) return undefined;
    const [, epoch, upTo, chunks] = pointerPattern.exec(text) ?? [];
    if (Number(versionPattern.exec(text)?.[1]) > formatVersion) {
      throw new SyncError('version', `the log at '${this.pointerKey}' was written by a newer release`, {
        hint: 'Load the newer release of the application again; nothing was changed.',
      });
    }
    if (epoch === undefined) throw this.#foreign(`what is at '${this.pointerKey}' is no log of Syncline`);
    return { epoch, upTo: Number(upTo), chunks: Number(chunks) };
  }

  /** The pointer, of a new log where there was none. Removes what somebody was stopped at removing. */
  open(newEpoch: () => string): Pointer {
    const found = this.pointer();
    if (found === undefined) return this.#create(newEpoch());
    this.#sweep(found);
    return found;
  }

  head({ upTo }: Pointer): number {
    // One that is missing further in must not hide those after it.
    const seen = this.#seen ?? Math.max(0, ...this.#keys().filter(isEntry).map(Number));
    this.#seen = Math.max(seen, upTo);
    while (this.#area.getItem(this.#key(this.#seen + 1)) !== null) this.#seen++;
    return this.#seen;
  }

  read(pointer: Pointer, after: number): LogContents {
    const { upTo, chunks } = pointer;
    const head = this.head(pointer);
    const entries: LogEntry[] = [];
    for (let position = Math.max(after, upTo) + 1; position <= head; position++) {
      entries.push({ position, payload: this.#area.getItem(this.#key(position)) ?? missing });
    }
    if (after >= upTo) return { entries };
    const texts = Array.from(
      { length: chunks },
      (_, at) => this.#area.getItem(this.#key(upTo, at)) ?? missing,
    );
    return { snapshot: { upTo, chunks: texts }, entries };
  }

  append(pointer: Pointer, payload: string, after: number): boolean {
    if (this.head(pointer) !== after) return false;
    this.#area.setItem(this.#key(after + 1), payload);
    return true;
  }

  compact(pointer: Pointer, chunks: readonly string[], upTo: number): boolean {
    if (pointer.upTo >= upTo) return false;
    const next = { ...pointer, upTo, chunks: chunks.length };
    try {
      chunks.forEach((chunk, at) => this.#area.setItem(this.#key(upTo, at), chunk));
      this.#point(next);
    } catch (error) {
      chunks.forEach((_, at) => this.#area.removeItem(this.#key(upTo, at)));
      throw error;
    }
    this.#sweep(next);
    return true;
  }

  destroy(): void {
    if (this.#area.getItem(this.pointerKey) !== null) this.#area.setItem(this.pointerKey, removedMark);
    for (const key of this.#keys()) this.#area.removeItem(this.prefix + key);
    this.#area.removeItem(this.pointerKey);
    this.#seen = undefined;
  }

  #create(epoch: string): Pointer {
    if (this.#area.getItem(this.pointerKey) === removedMark) this.destroy();
    else if (this.#keys().length > 0)
      throw this.#foreign(`'${this.pointerKey}' is gone, and its entries are not`);
    const pointer = { epoch, upTo: 0, chunks: 0 };
    this.#point(pointer);
    return pointer;
  }

  #point({ epoch, upTo, chunks }: Pointer): void {
    this.#area.setItem(this.pointerKey, `syncline log ${formatVersion} ${epoch} ${upTo} ${chunks}`);
  }

  /** Removes what a snapshot stands for. Chunks past it may be those of a newer one that is not seen here yet. */
  #sweep({ upTo }: Pointer): void {
    for (const key of this.#keys()) {
      const [position = '', chunk] = key.split('.');
      if (chunk === undefined ? Number(position) <= upTo : Number(position) < upTo)
        this.#area.removeItem(this.prefix + key);
    }
  }

  /** Keys of entries and chunks, without the prefix. */
  #keys(): string[] {
    const keys: string[] = [];
    for (let at = 0; at < this.#area.length; at++) {
      const key = this.#area.key(at);
      if (key?.startsWith(this.prefix)) keys.push(key.slice(this.prefix.length));
    }
    return keys.filter((key) => /^\d+(\.\d+)?$/.test(key));
  }

  #key(position: number, chunk?: number): string {
    return `${this.prefix}${position}${chunk === undefined ? '' : `.${chunk}`}`;
  }

  #foreign(message: string): SyncError {
    return new SyncError('storage-corrupt', message, {
      hint: 'Use another name, or restore what was there; nothing was changed.',
    });
  }
}

function isEntry(key: string): boolean {
  return !key.includes('.');
}
