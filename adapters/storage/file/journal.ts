import { rename, rm, type FileHandle } from 'node:fs/promises';
import { SyncError, type LogContents, type LogSignals } from 'syncline';
import { Assembly, type Place } from './assembly.js';
import { ByteSource } from './byte-source.js';
import { claim } from './claim.js';
import { toStorageError } from './failure.js';
import { createLog, draftPath, openLog, syncFolder, writeAt, writeSnapshot } from './files.js';
import { checkFileHead, encodeFrame, fileHead, scan } from './frames.js';

interface Append {
  readonly payload: string;
  readonly after: number;
  readonly from: LogSignals;
  readonly resolve: (taken: boolean) => void;
  readonly reject: (error: SyncError) => void;
}

const nothing: Buffer = Buffer.alloc(0);

/**
 * The one writer of a file; all devices of this process that stand over the file share it.
 *
 * Calls take turns. Appends that wait while one is written share the next write and the next flush.
 */
export class Journal {
  readonly #path: string;
  readonly #release: () => Promise<void>;
  readonly #listeners = new Set<LogSignals>();
  #handle: FileHandle;
  /** Where the next write goes. */
  #end = fileHead.length;
  /** What goes before the next frame, where the file ends in something unreadable. */
  #closing = nothing;
  #head = 0;
  /** End of the snapshot. */
  #upTo = 0;
  #places: Place[] = [];
  /** What opening has read, until somebody asks for it or writes: the file is not read twice. */
  #fresh: LogContents | undefined;
  #appends: Append[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #compacting: Promise<unknown> = Promise.resolve();
  /** Why nothing can be done any more. */
  #over: SyncError | undefined;

  private constructor(path: string, handle: FileHandle, release: () => Promise<void>) {
    this.#path = path;
    this.#handle = handle;
    this.#release = release;
  }

  /** Claims the file, and creates it where there is none. A file that is no log is left as it is. */
  static async open(path: string): Promise<Journal> {
    const release = await claim(path);
    let handle: FileHandle | undefined;
    try {
      handle = await openLog(path);
      const journal = new Journal(path, handle, release);
      await journal.#load();
      return journal;
    } catch (error) {
      await handle?.close();
      await release();
      throw error;
    }
  }

  join(listener: LogSignals): void {
    this.#listeners.add(listener);
  }

  /** True for the last one. */
  leave(listener: LogSignals): boolean {
    return this.#listeners.delete(listener) && this.#listeners.size === 0;
  }

  read(after: number): Promise<LogContents> {
    return this.#inTurn('reading', async () => {
      this.#assertSound();
      if (after === 0 && this.#fresh !== undefined) {
        const fresh = this.#fresh;
        this.#fresh = undefined;
        return fresh;
      }
      const next = this.#places.find(({ position }) => position > after);
      if (after >= this.#upTo && next === undefined) return { entries: [] };
      const source = new ByteSource(this.#handle, this.#end);
      const assembly =
        after < this.#upTo || next === undefined
          ? await this.#assemble(source, fileHead.length, 0)
          : await this.#assemble(source, next.at, after);
      return assembly.contents;
    });
  }

  append(payload: string, after: number, from: LogSignals): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#appends.push({ payload, after, from, resolve, reject });
      if (this.#appends.length === 1)
        void this.#inTurn('writing', () => this.#writeAppends()).catch(() => undefined);
    });
  }

  /** Writes and flushes the snapshot beside the file while appends go on; they wait for the exchange only. */
  compact(chunks: readonly string[], upTo: number): Promise<boolean> {
    const compacted = this.#compacting.then(async () => {
      this.#assertSound();
      if (upTo <= this.#upTo) return false;
      let target: FileHandle | undefined;
      try {
        const { mode } = await this.#handle.stat();
        target = await createLog(this.#path, mode);
        const end = await writeSnapshot(target, chunks, upTo);
        await target.sync();
        const made = target;
        await this.#inTurn('compacting', () => this.#exchange(made, end, upTo));
        return true;
      } catch (error) {
        if (target !== this.#handle) await target?.close();
        await rm(draftPath(this.#path), { force: true }).catch(() => undefined);
        throw toStorageError(error, 'compacting');
      }
    });
    this.#compacting = compacted.catch(() => undefined);
    return compacted;
  }

  /** Lets what was asked for before end first, then gives the file back. */
  async close(): Promise<void> {
    await this.#compacting;
    await this.#inTurn('closing', () => this.#shut(new SyncError('storage-closed', 'the log was closed')));
  }

  /** Closes, and removes the file; all who have it open are told. */
  async destroy(): Promise<void> {
    await this.#compacting;
    await this.#inTurn('removing the log', async () => {
      await rm(this.#path, { force: true });
      await syncFolder(this.#path);
      const reason = 'the log was removed';
      await this.#shut(new SyncError('storage-closed', reason));
      for (const listener of this.#listeners) listener.closed?.(reason);
    });
  }

  async #load(): Promise<void> {
    const source = new ByteSource(this.#handle, (await this.#handle.stat()).size);
    await checkFileHead(source, this.#path);
    await rm(draftPath(this.#path), { force: true });
    const { contents, places, head, upTo } = await this.#assemble(source, fileHead.length, 0);
    this.#fresh = contents;
    this.#places = places;
    this.#head = head;
    this.#upTo = upTo;
  }

  /** Reads from a place on, which lies behind position `head`, and cuts off an entry that is torn at the end. */
  async #assemble(source: ByteSource, from: number, head: number): Promise<Assembly> {
    const assembly = new Assembly(head);
    this.#end = source.size;
    this.#closing = nothing;
    for await (const piece of scan(source, from)) {
      if (piece.kind === 'debris' && piece.torn) {
        this.#end = piece.at;
        await this.#handle.truncate(this.#end);
      } else {
        assembly.add(piece);
        this.#closing = piece.kind === 'debris' ? piece.closing : nothing;
      }
    }
    assembly.finish();
    return assembly;
  }

  async #writeAppends(): Promise<void> {
    const appends = this.#appends;
    this.#appends = [];
    const frames = [this.#closing];
    const places: Place[] = [];
    let [head, end] = [this.#head, this.#end + this.#closing.length];
    const taken = appends.filter(({ payload, after }) => {
      if (after !== head) return false;
      const frame = encodeFrame('E', ++head, payload);
      places.push({ position: head, at: end });
      frames.push(frame);
      end += frame.length;
      return true;
    });
    try {
      this.#assertSound();
      if (taken.length > 0) await this.#flush(Buffer.concat(frames));
    } catch (error) {
      const failure = toStorageError(error, 'writing');
      for (const { reject } of appends) reject(failure);
      return;
    }
    if (taken.length > 0) {
      this.#head = head;
      this.#end = end;
      this.#closing = nothing;
      this.#places.push(...places);
      this.#fresh = undefined;
    }
    for (const append of appends) append.resolve(taken.includes(append));
    this.#ring(taken);
  }

  /** Leaves the file as it was when it fails; when that fails as well, nothing is written any more. */
  async #flush(bytes: Buffer): Promise<void> {
    try {
      await writeAt(this.#handle, bytes, this.#end);
      await this.#handle.datasync();
    } catch (error) {
      try {
        await this.#handle.truncate(this.#end);
        await this.#handle.datasync();
      } catch (cause) {
        this.#over = new SyncError('storage-closed', 'a failed write could not be taken back', { cause });
      }
      throw error;
    }
    if ((await this.#handle.stat()).nlink === 0) throw this.#lose();
  }

  #lose(): SyncError {
    const reason = `'${this.#path}' was removed or replaced while it was open`;
    this.#over = new SyncError('storage-corrupt', reason, {
      hint: 'Export what is here, then open the store again.',
    });
    for (const listener of this.#listeners) listener.lost?.(reason);
    return this.#over;
  }

  #ring(taken: readonly Append[]): void {
    const writers = new Set(taken.map(({ from }) => from));
    const [only] = writers;
    for (const listener of this.#listeners) {
      const hears = writers.size > 1 || (writers.size === 1 && listener !== only);
      if (hears) queueMicrotask(() => this.#listeners.has(listener) && listener.appended?.());
    }
  }

  /** Takes what was appended meanwhile along, and gives the new file the name of the old one. */
  async #exchange(target: FileHandle, snapshotEnd: number, upTo: number): Promise<void> {
    this.#assertSound();
    const kept = this.#places.filter(({ position }) => position > upTo);
    const from = kept[0]?.at ?? this.#end;
    const tail = await new ByteSource(this.#handle, this.#end).bytes(from, this.#end - from);
    await writeAt(target, tail, snapshotEnd);
    await target.datasync();
    await rename(draftPath(this.#path), this.#path);
    if (kept.length === 0) this.#closing = nothing;
    const old = this.#handle;
    this.#handle = target;
    this.#places = kept.map(({ position, at }) => ({ position, at: at - from + snapshotEnd }));
    this.#end = snapshotEnd + tail.length;
    this.#head = Math.max(this.#head, upTo);
    this.#upTo = upTo;
    this.#fresh = undefined;
    await old.close();
    try {
      await syncFolder(this.#path);
    } catch (error) {
      // A power failure may bring the old file back: what would be appended to the new one is not durable.
      this.#over = toStorageError(error, 'compacting');
      throw this.#over;
    }
  }

  async #shut(why: SyncError): Promise<void> {
    this.#over = why;
    await this.#handle.close();
    await this.#release();
  }

  #assertSound(): void {
    if (this.#over) throw this.#over;
  }

  #inTurn<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done.catch((error: unknown) => {
      throw toStorageError(error, doing);
    });
  }
}
