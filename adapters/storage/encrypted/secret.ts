import { SyncError } from 'syncline';
import { fromBase64, importKey, toBase64, type WebCrypto } from './cipher.js';

/** What a store is opened with: a key, or a passphrase that a key is derived from. */
export type Secret =
  | {
      /** An AES-GCM key for `encrypt` and `decrypt`, or its 16 or 32 bytes. */
      readonly key: CryptoKey | Uint8Array;
      readonly passphrase?: never;
    }
  | {
      /** Not empty. The same text typed on another keyboard is the same passphrase (Unicode form NFC). */
      readonly passphrase: string;
      /** Rounds of PBKDF2 for a store that is made, or re-keyed, with it; 600,000 at least, and by default. */
      readonly iterations?: number;
      readonly key?: never;
    };

/** How a key comes from a passphrase; stored in clear beside what it protects. */
export interface Derivation {
  readonly name: 'PBKDF2-HMAC-SHA-256';
  readonly iterations: number;
  /** Base64. */
  readonly salt: string;
}

/** Source: OWASP Password Storage Cheat Sheet, "PBKDF2", for HMAC-SHA-256. */
const iterationsMin = 600_000;
/** About ten seconds on a phone; a store that asks for more was tampered with. */
const iterationsMax = 20_000_000;
/** Source: NIST SP 800-132, section 5.1: 128 bits at least. */
const saltBytes = 16;

/** Gives the keys that a secret stands for. */
export class KeySource {
  readonly #crypto: WebCrypto;
  readonly #secret: Secret;
  /** The last one that was asked for; deriving takes long on purpose. */
  #known: { readonly label: string; readonly key: Promise<CryptoKey> } | undefined;

  /** Throws `SyncError` `validation` for a secret that cannot be one. */
  constructor(crypto: WebCrypto, secret: Secret) {
    const problem = problemOf(secret);
    if (problem !== undefined) throw new SyncError('validation', `encryptedStorage: ${problem}`);
    this.#crypto = crypto;
    this.#secret = secret;
  }

  /** For a store that is to be made with this secret. */
  newDerivation(): Derivation | undefined {
    if (this.#secret.passphrase === undefined) return undefined;
    return {
      name: 'PBKDF2-HMAC-SHA-256',
      iterations: this.#secret.iterations ?? iterationsMin,
      salt: toBase64(this.#crypto.getRandomValues(new Uint8Array(saltBytes))),
    };
  }

  /** The key for a store with this derivation; `undefined` where the store wants the other kind of secret. */
  async keyFor(derivation: Derivation | undefined): Promise<CryptoKey | undefined> {
    if ((derivation === undefined) !== (this.#secret.passphrase === undefined)) return undefined;
    const label = JSON.stringify(derivation ?? null);
    if (this.#known?.label !== label) this.#known = { label, key: this.#make(derivation) };
    return this.#known.key;
  }

  async #make(derivation: Derivation | undefined): Promise<CryptoKey> {
    const secret = this.#secret;
    if (derivation !== undefined && secret.passphrase !== undefined)
      return derive(this.#crypto, secret.passphrase, derivation);
    const { key } = secret as Secret & { readonly key: CryptoKey | Uint8Array };
    return key instanceof Uint8Array ? importKey(this.#crypto, new Uint8Array(key)) : key;
  }
}

async function derive(
  { subtle }: WebCrypto,
  passphrase: string,
  { iterations, salt }: Derivation,
): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(passphrase.normalize('NFC'));
  const base = await subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveKey']);
  return subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt: fromBase64(salt), iterations },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

/** Whether a count that a store names is one that a release of this adapter may have written. */
export function isPlausible(iterations: number): boolean {
  return Number.isInteger(iterations) && iterations >= iterationsMin && iterations <= iterationsMax;
}

function problemOf(secret: Secret): string | undefined {
  if ((secret.key === undefined) === (secret.passphrase === undefined))
    return 'give a key or a passphrase, and not both';
  if (secret.passphrase !== undefined) {
    if (secret.passphrase === '') return 'the passphrase is empty';
    return isPlausible(secret.iterations ?? iterationsMin)
      ? undefined
      : `iterations must be between ${iterationsMin} and ${iterationsMax}`;
  }
  if (secret.key instanceof Uint8Array)
    return [16, 32].includes(secret.key.length) ? undefined : 'a key has 16 or 32 bytes';
  const { algorithm, usages } = secret.key;
  return algorithm.name === 'AES-GCM' && usages.includes('encrypt') && usages.includes('decrypt')
    ? undefined
    : 'the key must be one of AES-GCM, for encrypt and decrypt';
}
