/**
 * A client's storage in a file, for Node.
 *
 * @module syncline/storage/file
 */
import { logStorage, type LogDevice, type LogStorageOptions, type StorageAdapter } from 'syncline';
import { FileDevice } from './device.js';

export interface FileDeviceOptions {
  /** Path of the log; one for each server and user. Its folder is made where there is none. */
  readonly file: string;
}

export interface FileStorageOptions
  extends FileDeviceOptions, Pick<LogStorageOptions, 'compactAfter' | 'runtime'> {}

/**
 * A `LogDevice` in one file. An append is one write at its end, and resolves once `fdatasync` has; appends that wait
 * for that share the next one. A snapshot is written beside the file, flushed, and renamed over it.
 *
 * Any number of devices in one process, one process at a time: `open` rejects with `storage-blocked` and
 * `details.pid` while another one has the file. What a killed process held is free again at once. An entry that was cut
 * short at the end is cut off; what is unreadable further in is handed on, so that `logStorage` reports it and keeps it
 * aside. Rejects with `storage-quota` (nothing was stored), `storage-closed`, `version` (a newer release wrote the
 * file), and `storage-corrupt` for a file that is no log, or that was removed while it was open.
 *
 * Beside the file lie `….new` while a snapshot is made, and an empty `….lock.…` that names who has it.
 */
export function fileDevice(options: FileDeviceOptions): LogDevice {
  return new FileDevice(options.file);
}

/**
 * A `StorageAdapter` in one file: `logStorage` over a `fileDevice`.
 *
 * @example
 * ```ts
 * import { fileStorage } from 'syncline/storage/file';
 *
 * const storage = fileStorage({ file: 'data/ada.log' });
 * ```
 */
export function fileStorage(options: FileStorageOptions): StorageAdapter {
  return logStorage(fileDevice(options), options);
}
