/**
 * A client's storage in IndexedDB, with an object store for each table and a row for each record.
 *
 * @module syncline/storage/idb-rows
 */
import type { StorageAdapter } from 'syncline';
import { setupOf, type IdbOptions } from '../../shared/idb/options.js';
import { IdbRowsStorage } from './storage.js';

export type { IdbOptions } from '../../shared/idb/options.js';
export type { IdbChannel, IdbMarker } from '../../shared/idb/surroundings.js';

/**
 * A `StorageAdapter` in IndexedDB for data larger than memory: each table of the layout is an object store of its name, each
 * index an index of IndexedDB, and a row there is `{ id, revision, value, keys }`, as the browser's inspector shows it. For
 * data that fits into memory `idbStorage` is faster, above all in reads.
 *
 * A layout with more tables or indexes is a new version of the database: tabs that have it open are closed, and told so.
 * Rejects with `storage-quota`, `storage-closed`, `storage-blocked` (no IndexedDB, or another tab keeps the database),
 * `storage-corrupt` (wiped while it was open, or somebody else's) and `version` (a newer release made it). A row that
 * cannot be read is moved to the table `$quarantine`, as far as there is anything to move, and `lost` tells of it.
 *
 * @example
 * ```ts
 * import { idbRowsStorage } from 'syncline/storage/idb-rows';
 *
 * const storage = idbRowsStorage({ name: 'practice', durability: 'strict' });
 * ```
 */
export function idbRowsStorage(options: IdbOptions): StorageAdapter {
  return new IdbRowsStorage(setupOf(options));
}
