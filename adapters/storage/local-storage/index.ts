/**
 * A client's storage in `localStorage`: for small applications, and as the last resort.
 *
 * @module syncline/storage/local-storage
 */
import {
  defaultRuntime,
  logStorage,
  type LogDevice,
  type LogStorageOptions,
  type Runtime,
  type StorageAdapter,
} from 'syncline';
import { LocalStorageDevice } from './device.js';
import {
  platformArea,
  platformEvents,
  platformLocks,
  type AreaEvents,
  type KeyValueArea,
  type TabLocks,
} from './surroundings.js';

export type { AreaEvents, KeyValueArea, TabLocks } from './surroundings.js';
export { localStorageUsage } from './usage.js';
export type { LocalStorageUsage } from './usage.js';

export interface LocalStorageDeviceOptions {
  /** Begins the keys; one for each server and user. */
  readonly name: string;
  /** Default: the platform's `localStorage`. */
  readonly area?: KeyValueArea;
  /** Makes tabs take turns. Default: `navigator.locks`, where there is one. */
  readonly locks?: TabLocks;
  /** Tells of other tabs' writes. Default: the `window`, where there is one. */
  readonly events?: AreaEvents;
  /** How long a write of another tab may take to be seen here, ms. Default 5,000. */
  readonly limitMs?: number;
  /** Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'setTimer' | 'uuid'>;
}

export interface LocalStorageOptions
  extends LocalStorageDeviceOptions, Pick<LogStorageOptions, 'compactAfter'> {}

/**
 * A `LogDevice` in `localStorage`. An append is one `setItem` of one key; a snapshot is written under new keys, then one
 * key is set that says so, then the old ones are removed. A stop between any two of these calls loses nothing.
 *
 * What a resolved append has survived is the end of the page. When it reaches the disk is the browser's decision, mostly
 * within seconds: a crash of the whole browser may take the last ones.
 *
 * With Web Locks (secure contexts: https, localhost) any number of tabs may write at once. Without them one tab may
 * write: two that append at the same moment can both be told that they got the place, and one entry is written over. A
 * tab that is killed within milliseconds of its last write may lose that write to another tab in the same way.
 *
 * Rejects with `storage-quota` (nothing was stored), `storage-closed`, `version` (a newer release wrote the log),
 * `storage-corrupt` for what is no log, or when the storage was cleared while it was open, and `storage-blocked` where
 * there is no `localStorage` or it may not be used.
 */
export function localStorageDevice(options: LocalStorageDeviceOptions): LogDevice {
  const { name, area, locks, events, limitMs = 5_000, runtime = defaultRuntime } = options;
  return new LocalStorageDevice({
    name,
    area: () => area ?? platformArea(),
    locks: () => locks ?? platformLocks(),
    events: () => events ?? platformEvents(),
    limitMs,
    runtime,
  });
}

/**
 * A `StorageAdapter` in `localStorage`: `logStorage` over a `localStorageDevice`. Safe to make where there is none;
 * `open` rejects there. Plan with half of `localStorageUsage().limitBytes`: a snapshot needs room beside the last one.
 *
 * @example
 * ```ts
 * import { localStorageStorage, localStorageUsage } from 'syncline/storage/local-storage';
 *
 * const storage = localStorageStorage({ name: 'practice' });
 * await storage.open({ notes: { indexes: {} } });
 * const { areaBytes, limitBytes } = localStorageUsage({ name: 'practice' });
 * if (areaBytes > limitBytes / 2) console.log('time to sync and to tidy up');
 * ```
 */
export function localStorageStorage(options: LocalStorageOptions): StorageAdapter {
  return logStorage(localStorageDevice(options), options);
}
