import { SyncError, toSyncError, type StorageSignals } from 'syncline';
import { indexesPrefix, indexOf, within } from './keys.js';

export type LevelOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** The parts of an `abstract-level` database that are used: `ClassicLevel`, `MemoryLevel`, `BrowserLevel` have them. */
export interface LevelDatabase {
  open(): Promise<void>;
  close(): Promise<void>;
  snapshot(): LevelSnapshot;
  getMany(keys: string[], options: { snapshot?: LevelSnapshot }): Promise<(string | undefined)[]>;
  iterator(options: LevelRange): { all(): Promise<[string, string][]> };
  batch(operations: LevelOperation[], options: { sync: boolean }): Promise<void>;
  clear(): Promise<void>;
}

export interface LevelSnapshot {
  close(): Promise<void>;
}

interface LevelRange {
  readonly gte: string;
  readonly lt: string;
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly snapshot?: LevelSnapshot;
}

/**
 * One database, opened with the first adapter over it and closed with the last: LevelDB lets a single handle of a single
 * process have it. Give all adapters of the process the same one.
 */
export class LevelStore {
  readonly #database: () => LevelDatabase;
  #open: LevelDatabase | undefined;
  #users = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #reading = new Set<Promise<unknown>>();
  /** Of the adapters that are open. */
  readonly listeners = new Set<StorageSignals>();
  /** Pointers by table and index: all that are in the database, whichever release asked for them. */
  readonly indexes = new Map<string, Map<string, string>>();

  constructor(database: () => LevelDatabase) {
    this.#database = database;
  }

  enter(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#users === 0) {
        const database = this.#database();
        await database.open();
        this.#open = database;
        await this.#readIndexes(database);
      }
      this.#users++;
    });
  }

  leave(): Promise<void> {
    return this.#inTurn(async () => {
      await Promise.allSettled(this.#reading);
      if (--this.#users > 0) return;
      const database = this.#open;
      this.#open = undefined;
      await database?.close();
    });
  }

  /** Work that nobody else writes beside: from the first condition read to the last row written. */
  write<T>(work: (database: LevelDatabase) => Promise<T>): Promise<T> {
    return this.#inTurn(() => work(this.#get()));
  }

  /** Work that sees one moment of the database, while others write. */
  async read<T>(work: (database: LevelDatabase, snapshot: LevelSnapshot) => Promise<T>): Promise<T> {
    const reading = this.#readOnce(work);
    this.#reading.add(reading);
    try {
      return await reading;
    } catch (error) {
      throw toStorageError(error);
    } finally {
      this.#reading.delete(reading);
    }
  }

  async #readOnce<T>(work: (database: LevelDatabase, snapshot: LevelSnapshot) => Promise<T>): Promise<T> {
    const database = this.#get();
    const snapshot = database.snapshot();
    try {
      return await work(database, snapshot);
    } finally {
      await snapshot.close();
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    try {
      return await result;
    } catch (error) {
      throw toStorageError(error);
    }
  }

  #get(): LevelDatabase {
    if (this.#open === undefined) throw closed();
    return this.#open;
  }

  async #readIndexes(database: LevelDatabase): Promise<void> {
    this.indexes.clear();
    for (const [key, pointer] of await database.iterator(within(indexesPrefix)).all()) {
      const [table, index] = indexOf(key);
      const ofTable = this.indexes.get(table) ?? new Map<string, string>();
      this.indexes.set(table, ofTable.set(index, pointer));
    }
  }
}

export function closed(): SyncError {
  return new SyncError('storage-closed', 'the storage is not open', { hint: 'Open it, or make a new one.' });
}

/** By the code of `abstract-level`; its own "not open" has the reason as its cause. */
function toStorageError(error: unknown): SyncError {
  const { code, cause, message } = error as { code?: string; cause?: { code?: string }; message?: string };
  const options = { cause: error };
  if (cause?.code === 'LEVEL_LOCKED' || code === 'LEVEL_LOCKED')
    return new SyncError('storage-blocked', 'another process has the database open', options);
  if (cause?.code === 'LEVEL_CORRUPTION' || code === 'LEVEL_CORRUPTION')
    return new SyncError('storage-corrupt', 'LevelDB says that the database is damaged', options);
  if (code === 'LEVEL_IO_ERROR' && message?.includes('No space left') === true)
    return new SyncError('storage-quota', 'there is no room for this commit', options);
  if (code?.startsWith('LEVEL_') === true)
    return new SyncError('storage-closed', message ?? 'the database is not open', options);
  return toSyncError(error);
}
