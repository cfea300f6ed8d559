/**
 * A client's storage in IndexedDB.
 *
 * @module syncline/storage/idb
 */
import { logStorage, type LogDevice, type LogStorageOptions, type StorageAdapter } from 'syncline';
import { setupOf, type IdbOptions } from '../../shared/idb/options.js';
import { createDevice } from './device.js';

export type { IdbOptions } from '../../shared/idb/options.js';
export type { IdbChannel, IdbMarker } from '../../shared/idb/surroundings.js';

export interface IdbStorageOptions extends IdbOptions, Pick<LogStorageOptions, 'compactAfter'> {}

/**
 * A `LogDevice` in IndexedDB. An append is one transaction, two where another tab came first, and it resolves when that is
 * complete.
 *
 * A connection that the browser takes away is opened again, a few times within a second; a call that still fails
 * rejects. A database that was wiped is told from a new one by `IDBVersionChangeEvent.dataLoss` and by the marker.
 * Rejects with `storage-quota`, `storage-closed`, `storage-corrupt`, `version` (a newer release made the database), and
 * `storage-blocked` where there is no IndexedDB, where it may not be used, or where another tab keeps it.
 */
export function idbDevice(options: IdbOptions): LogDevice {
  return createDevice(setupOf(options));
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
