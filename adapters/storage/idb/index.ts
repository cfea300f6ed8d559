/**
 * A client's storage in IndexedDB.
 *
 * @module syncline/storage/idb
 */
import {
  defaultRuntime,
  logStorage,
  type LogDevice,
  type LogStorageOptions,
  type Runtime,
  type StorageAdapter,
} from 'syncline';
import { IdbDevice } from './device.js';
import {
  platformChannel,
  platformMarker,
  type IdbChannel,
  type IdbMarker,
} from '../../shared/idb/surroundings.js';

export type { IdbChannel, IdbMarker } from '../../shared/idb/surroundings.js';

export interface IdbDeviceOptions {
  /** Name of the database; one for each server and user. */
  readonly name: string;
  /**
   * What a resolved commit has survived. `relaxed`: the end of the tab and of the browser, for the data is with the
   * operating system; a power failure may take the last seconds. `strict`: a power failure too; costs a flush, 1.5 to
   * 10 times the time. Default `relaxed`. Compaction is always strict.
   */
  readonly durability?: 'strict' | 'relaxed';
  /** Opens the doorbell to other tabs. Default: a `BroadcastChannel`, where there is one. */
  readonly channel?: (name: string) => IdbChannel | undefined;
  /** Remembers outside IndexedDB that the database was there. Default: `localStorage`, where there is one. */
  readonly marker?: IdbMarker;
  /** How long the browser may take to open or delete the database, ms. Default 10,000. */
  readonly limitMs?: number;
  /** Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'setTimer' | 'uuid'>;
}

export interface IdbStorageOptions extends IdbDeviceOptions, Pick<LogStorageOptions, 'compactAfter'> {}

/**
 * A `LogDevice` in IndexedDB. An append is one transaction, and it resolves when that is complete.
 *
 * A connection that the browser takes away is opened again, a few times within a second; a call that still fails
 * rejects. A database that was wiped is told from a new one by `IDBVersionChangeEvent.dataLoss` and by the marker.
 * Rejects with `storage-quota`, `storage-closed`, `storage-corrupt`, `version` (a newer release made the database), and
 * `storage-blocked` where there is no IndexedDB, where it may not be used, or where another tab keeps it.
 */
export function idbDevice(options: IdbDeviceOptions): LogDevice {
  const {
    durability = 'relaxed',
    channel = platformChannel,
    marker = platformMarker,
    limitMs = 10_000,
    runtime = defaultRuntime,
  } = options;
  return new IdbDevice({ name: options.name, durability, channel, marker, limitMs, runtime });
}

/**
 * A `StorageAdapter` in IndexedDB: `logStorage` over an `idbDevice`. Safe to make where there is no IndexedDB; `open`
 * rejects there.
 *
 * @example
 * ```ts
 * import { idbStorage } from 'syncline/storage/idb';
 *
 * const storage = idbStorage({ name: 'practice', durability: 'strict' });
 * ```
 */
export function idbStorage(options: IdbStorageOptions): StorageAdapter {
  return logStorage(idbDevice(options), options);
}
