import type { LogDevice } from '../contracts/log-device.js';
import type { Runtime } from '../contracts/runtime.js';
import type {
  RowRevision,
  ScanOptions,
  StorageAdapter,
  StorageLayout,
  StorageSignals,
  StorageWrite,
  StoredRow,
} from '../contracts/storage.js';
import { isSyncError, SyncError, toSyncError } from '../errors.js';
import { defaultRuntime } from '../runtime.js';
import { takeFold, type Waiting } from './fold.js';
import { Compaction } from './compaction.js';
import { PendingCommit } from './pending-commit.js';
import { Moved, Resident, type Reading } from './resident.js';
import { encodeEntry } from './row-codec.js';
import type { Table } from './table.js';

export interface LogStorageOptions {
  /** Whose timer the slices of a compaction run on. Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'setTimer'>;
  /** Entries after which the log is compacted; one more for every hundred rows. Default 400. */
  readonly compactAfter?: number;
}

/**
 * A `StorageAdapter` over any `LogDevice`: tables and indexes live in memory, and a commit is one appended entry.
 *
 * A commit that finds no append under way goes to the device in the same call. Those issued meanwhile share the next
 * entry. The device refuses an append that is not at the log's head; the tail is read then, conditions are checked
 * again, and the append is repeated, which makes the commits of all tabs serial.
 *
 * Besides the codes of `StorageAdapter`, `open` and `commit` reject with `version` where a newer release wrote the
 * log. What could not be read is kept in the table `$quarantine` (id: place, value: text), and `lost` tells of it.
 *
 * @example
 * ```ts
 * import { logStorage } from 'syncline';
 * import { memoryDevice } from 'syncline/storage/memory';
 *
 * const storage = logStorage(memoryDevice());
 * await storage.open({ notes: { indexes: { due: '/due' } } });
 * await storage.commit([{ table: 'notes', id: 'n1', value: { due: 3 } }]);
 * console.log(await storage.scan('notes', { index: 'due', range: { upper: 5 } }));
 * ```
 */
export function logStorage(device: LogDevice, options: LogStorageOptions = {}): StorageAdapter {
  return new LogStorage(device, options);
}

type State = 'new' | 'opening' | 'open' | 'closed';

class LogStorage implements StorageAdapter {
  readonly #device: LogDevice;
  readonly #compaction: Compaction;
  #state: State = 'new';
  #layout: StorageLayout = {};
  #signals: StorageSignals = {};
  #resident = new Resident({});
  /** In the order in which they were issued. */
  #queue: Waiting[] = [];
  /** Reads of the log's tail so far. */
  #reads = 0;
  /** Somebody else appended, and the tail was not read yet. */
  #behind = false;
  #working = false;
  /** The opening or the work that is under way; never rejects. */
  #turn: Promise<void> = Promise.resolve();
  /** Why nothing can be committed any more, though what is here can be read. */
  #broken: SyncError | undefined;
  #closing: Promise<void> | undefined;

  constructor(device: LogDevice, { runtime = defaultRuntime, compactAfter = 400 }: LogStorageOptions) {
    this.#device = device;
    this.#compaction = new Compaction(device, { runtime, compactAfter });
  }

  async open(layout: StorageLayout, signals: StorageSignals = {}): Promise<void> {
    if (this.#state !== 'new') throw new SyncError('storage-closed', 'a storage is opened once');
    const opened = this.#start(layout, signals);
    this.#turn = opened.catch(() => undefined);
    await opened;
  }

  async get(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    const { rows } = this.#table(table);
    return ids.map((id) => rows.get(id));
  }

  async scan(table: string, options: ScanOptions = {}): Promise<readonly StoredRow[]> {
    return this.#table(table).scan(options);
  }

  commit(
    writes: readonly StorageWrite[],
    reads: readonly RowRevision[] = [],
  ): Promise<{ readonly revision: number }> {
    return new Promise((resolve, reject) => {
      for (const rows of [writes, reads]) for (const { table } of rows) this.#table(table);
      if (writes.length + reads.length === 0) return resolve({ revision: this.#resident.revision });
      this.#queue.push({ commit: new PendingCommit(writes, reads), resolve, reject, reads: this.#reads });
      this.#work();
    });
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async destroy(): Promise<void> {
    await this.close();
    await this.#device.destroy();
  }

  async #start(layout: StorageLayout, signals: StorageSignals): Promise<void> {
    this.#state = 'opening';
    this.#layout = layout;
    this.#signals = signals;
    this.#resident = new Resident(layout);
    try {
      await this.#device.open({
        appended: () => this.#ring(),
        lost: (reason) => signals.lost?.({ reason, quarantined: 0 }),
        closed: (reason) => this.#closedOutside(reason),
      });
      await this.#mend(this.#resident.take(await this.#device.read(0)));
    } catch (error) {
      // What could not be opened holds nothing open: no connection, and no claim on a file.
      await this.#device.close();
      throw error;
    }
    if (!this.#is('opening')) throw closed();
    this.#state = 'open';
    this.#compaction.consider(() => this.#resident);
    this.#work();
  }

  async #shutDown(): Promise<void> {
    this.#state = 'closed';
    await this.#turn;
    await this.#compaction.stop();
    await this.#device.close();
  }

  #closedOutside(reason: string): void {
    if (this.#is('closed')) return;
    this.#state = 'closed';
    void this.#compaction.stop();
    this.#signals.closed?.(reason);
  }

  /** A call, so that the compiler does not take the state of before an `await` for that after it. */
  #is(state: State): boolean {
    return this.#state === state;
  }

  #table(name: string): Table {
    if (this.#state !== 'open') throw closed();
    const table = this.#resident.find(name);
    if (table === undefined) throw new SyncError('validation', `there is no table '${name}'`);
    return table;
  }

  #ring(): void {
    this.#behind = true;
    if (this.#is('open')) this.#work();
  }

  #work(): void {
    if (!this.#working) this.#turn = this.#drain();
  }

  async #drain(): Promise<void> {
    this.#working = true;
    while (this.#queue.length > 0 || (this.#behind && this.#is('open'))) {
      if (this.#queue.length > 0) await this.#appendNext();
      // A tail that cannot be read now is read before the next commit.
      else await this.#catchUp().catch(() => undefined);
    }
    this.#working = false;
  }

  async #appendNext(): Promise<void> {
    const fold = takeFold(this.#queue, this.#resident, this.#reads);
    if (fold.length === 0) return this.#confirm();
    const { head, revision } = this.#resident;
    const payload = encodeEntry(
      revision + 1,
      fold.map(({ commit }) => commit.text),
    );
    try {
      if (this.#broken !== undefined) throw this.#broken;
      if (await this.#device.append(payload, { after: head })) {
        this.#settle(fold, payload.length);
      } else {
        await this.#catchUp();
        if (this.#resident.head === head) throw this.#lostEntries();
        this.#queue = [...fold, ...this.#queue];
      }
    } catch (error) {
      this.#fail(fold, toSyncError(error));
    }
  }

  /** Reads the tail for the commit at the front, whose conditions fail here and may hold there. */
  async #confirm(): Promise<void> {
    try {
      if (this.#queue.length > 0) await this.#catchUp();
    } catch (error) {
      this.#queue.shift()?.reject(toSyncError(error));
    }
  }

  #settle(fold: readonly Waiting[], chars: number): void {
    const resident = this.#resident;
    const first = resident.revision + 1;
    resident.head++;
    resident.entryChars += chars;
    fold.forEach(({ commit }, at) => resident.apply(commit.changes, first + at));
    fold.forEach(({ resolve }, at) => resolve({ revision: first + at }));
    if (this.#is('open')) this.#compaction.consider(() => this.#resident);
  }

  /** A shared entry that found no room is tried again commit by commit: the small ones may fit. */
  #fail(fold: readonly Waiting[], error: SyncError): void {
    if (fold.length > 1 && isSyncError(error, 'storage-quota')) {
      this.#queue = [...fold.map((waiting) => ({ ...waiting, alone: true })), ...this.#queue];
    } else {
      for (const { reject } of fold) reject(error);
    }
  }

  async #catchUp(): Promise<void> {
    this.#behind = false;
    this.#reads++;
    const before = this.#resident;
    const contents = await this.#device.read(before.head);
    const after = contents.snapshot === undefined ? before : new Resident(this.#layout);
    const entered = new Moved();
    const reading = after.take(contents, entered);
    this.#resident = after;
    const moved = (after === before ? entered : before.differences(after)).refs();
    if (moved.length > 0) this.#signals.changed?.(moved);
    await this.#mend(reading);
  }

  /** Reports what could not be read, and writes what could as a snapshot, so that it is reported once. */
  async #mend({ damages, torn }: Reading): Promise<void> {
    if (damages.length > 0) {
      const quarantined = damages.filter(({ text }) => text !== undefined).length;
      this.#signals.lost?.({
        reason: `unreadable: ${damages.map(({ place }) => place).join(', ')}`,
        quarantined,
      });
    }
    // When this fails the log stays as it is, readable as far as it was, and the next reader reports the same.
    if (damages.length > 0 || torn) await this.#rewrite().catch(() => undefined);
  }

  async #rewrite(): Promise<void> {
    const resident = this.#resident;
    const { head, snapshotUpTo } = resident;
    // A snapshot gives way to a later one only, and an entry that changes nothing makes it later.
    const payload = encodeEntry(++resident.revision, ['[]']);
    if (head === snapshotUpTo && (await this.#device.append(payload, { after: head }))) resident.head++;
    await this.#compaction.now(resident);
  }

  #lostEntries(): SyncError {
    const reason = `the log ends before entry ${this.#resident.head}, which was durable`;
    this.#broken = new SyncError('storage-corrupt', reason, {
      hint: 'Export what is here, then open the store again.',
    });
    this.#signals.lost?.({ reason, quarantined: 0 });
    return this.#broken;
  }
}

function closed(): SyncError {
  return new SyncError('storage-closed', 'the storage is not open', { hint: 'Open it, or make a new one.' });
}
