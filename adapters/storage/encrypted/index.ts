/**
 * Encryption for any client's storage.
 *
 * @module syncline/storage/encrypted
 */
import { SyncError, type StorageAdapter } from 'syncline';
import type { WebCrypto } from './cipher.js';
import type { NewSecret, RotationOptions } from './rotation.js';
import type { Secret } from './secret.js';
import { EncryptedStore } from './storage.js';

export type { WebCrypto } from './cipher.js';
export type { NewSecret, RotationOptions, RotationProgress } from './rotation.js';
export type { Secret } from './secret.js';

export type EncryptedStorageOptions = Secret & {
  /** Default: the platform's. */
  readonly crypto?: WebCrypto;
};

/** A `StorageAdapter` whose key can be changed. */
export interface EncryptedStorage extends StorageAdapter {
  /** Whether rows may still be under an older key: a rotation was broken off, and `rotate()` ends it. */
  readonly rotating: boolean;
  /**
   * Puts the store under a new secret, or with no secret given under a new key that the old secret opens. From the
   * first of its commits on only the new secret opens the store; then all rows are encrypted anew, and can be read and
   * written meanwhile. After a crash, an abort or a failure open the store with the new secret and call `rotate()`.
   *
   * Other tabs that were opened with another secret close, and say so by the `closed` signal. Rows of tables that this
   * release does not know stay as they are, and `rotating` stays true for them. Rejects with `aborted`, and with
   * `storage-corrupt` for a row that cannot be decrypted.
   */
  rotate(options?: NewSecret & RotationOptions): Promise<void>;
}

/**
 * A `StorageAdapter` over another one, which sees no value of a row but those of declared indexes. Table names, row
 * ids, index values and lengths stay in clear; docs/encryption.md says what that protects from, and what not.
 *
 * Each row is sealed by AES-GCM under a random key, which is stored in the same store under yours. `open` rejects with
 * `storage-blocked` where the secret is not the store's, or the store holds rows that are not encrypted, and changes
 * nothing then. Reads reject with `storage-corrupt`, and `details.table` and `details.id`, for a row that was damaged,
 * or moved to another place.
 *
 * @example
 * ```ts
 * import { encryptedStorage } from 'syncline/storage/encrypted';
 * import { idbStorage } from 'syncline/storage/idb';
 *
 * const storage = encryptedStorage(idbStorage({ name: 'practice' }), { passphrase: 'correct horse battery staple' });
 * ```
 */
export function encryptedStorage(
  storage: StorageAdapter,
  { crypto = globalThis.crypto, ...secret }: EncryptedStorageOptions,
): EncryptedStorage {
  if ((crypto as WebCrypto | undefined)?.subtle === undefined) {
    throw new SyncError('storage-blocked', 'there is no WebCrypto here', {
      hint: 'Serve the page over https, or hand in `crypto`.',
    });
  }
  return new EncryptedStore(storage, crypto, secret);
}
