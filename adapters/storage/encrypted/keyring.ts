import {
  isSyncError,
  SyncError,
  type Json,
  type RowRef,
  type StorageAdapter,
  type StorageLayout,
  type StorageWrite,
  type StoredRow,
} from 'syncline';
import { fromBase64, importKey, seal, toBase64, unseal, type WebCrypto } from './cipher.js';
import { isPlausible, type Derivation, type KeySource } from './secret.js';

/** Reserved table with one row, the header. */
export const headerTable = '$encryption';
export const headerId = 'header';

const format = 1;

/** Index names of each table → JSON Pointer into the row's value. */
export type Indexes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What the header seals, so that none of it can be read or changed without the secret. */
interface Ring {
  /** The last one is for writing; those before it go once no row is under them any more. */
  readonly keys: readonly { readonly id: number; readonly bytes: string }[];
  /** What is stored in clear, in every release that was here: whoever could add to it would see what is written next. */
  readonly indexes: Indexes;
}

interface Header {
  readonly format: number;
  readonly derivation?: Derivation;
  readonly sealed: string;
}

/** An opened header: the keys of the rows, and what of them is in clear. */
export interface Keyring {
  /** Of the header's row; 0: there is none yet. */
  readonly revision: number;
  readonly source: KeySource;
  readonly derivation: Derivation | undefined;
  readonly ring: Ring;
  readonly keys: ReadonlyMap<number, CryptoKey>;
  /** Id of the key for writing. */
  readonly current: number;
}

/** For a store that has nothing in it. */
export function newKeyring(crypto: WebCrypto, source: KeySource): Promise<Keyring> {
  const ring = withNewKey(crypto, { keys: [], indexes: {} });
  return toKeyring(crypto, { revision: 0, source, derivation: source.newDerivation(), ring });
}

/**
 * The header as it is stored now; `undefined` where there is none. The sources are tried in turn.
 *
 * Rejects with `storage-blocked` where none of them opens it, and with `version` where a newer release wrote it.
 */
export async function readKeyring(
  crypto: WebCrypto,
  inner: StorageAdapter,
  sources: readonly KeySource[],
): Promise<Keyring | undefined> {
  const [row] = await inner.get(headerTable, [headerId]);
  if (row === undefined) return undefined;
  const { derivation, sealed } = headerOf(row);
  for (const source of sources) {
    const text = await openWith(crypto, source, derivation, sealed).catch(() => undefined);
    if (text === undefined) continue;
    // Sealed by this adapter, under this key: nobody else has made it.
    return toKeyring(crypto, { revision: row.revision, source, derivation, ring: JSON.parse(text) as Ring });
  }
  throw wrongKey(derivation);
}

async function openWith(
  crypto: WebCrypto,
  source: KeySource,
  derivation: Derivation | undefined,
  sealed: string,
): Promise<string | undefined> {
  const key = await source.keyFor(derivation);
  return key && unseal(crypto, key, sealed, contextOf(derivation));
}

/** Stores the keyring, unless the header was written since it was read. */
export async function headerWrite(
  crypto: WebCrypto,
  { revision, source, derivation, ring }: Omit<Keyring, 'keys' | 'current'>,
): Promise<StorageWrite> {
  const key = await source.keyFor(derivation);
  if (key === undefined) throw new SyncError('internal', 'the derivation is not one of this secret');
  const sealed = await seal(crypto, key, JSON.stringify(ring), contextOf(derivation));
  const value = { format, sealed, ...(derivation === undefined ? {} : { derivation: { ...derivation } }) };
  return { table: headerTable, id: headerId, value, ifRevision: revision };
}

/** Whether a commit failed because the header was written since it was read. */
export function isHeaderMoved(error: unknown): boolean {
  if (!isSyncError(error, 'storage-conflict')) return false;
  const { rows } = error.details as { readonly rows?: readonly Partial<RowRef>[] };
  return rows?.some(({ table }) => table === headerTable) ?? false;
}

/** With one more key, the one for writing. Ids are never used twice. */
export function withNewKey(crypto: WebCrypto, { keys, indexes }: Ring): Ring {
  const bytes = toBase64(crypto.getRandomValues(new Uint8Array(32)));
  return { keys: [...keys, { id: (keys.at(-1)?.id ?? 0) + 1, bytes }], indexes };
}

/** The indexes of all releases; where two disagree, those of `layout`. */
export function allIndexes(known: Indexes, layout: StorageLayout): Indexes {
  const tables = Object.entries(layout).map(([table, { indexes }]) => {
    const before = Object.hasOwn(known, table) ? known[table] : {};
    return [table, { ...before, ...indexes }] as const;
  });
  return { ...known, ...Object.fromEntries(tables) };
}

async function toKeyring(crypto: WebCrypto, opened: Omit<Keyring, 'keys' | 'current'>): Promise<Keyring> {
  const { keys } = opened.ring;
  const imported = keys.map(
    async ({ id, bytes }) => [id, await importKey(crypto, fromBase64(bytes))] as const,
  );
  return { ...opened, keys: new Map(await Promise.all(imported)), current: keys.at(-1)?.id ?? 0 };
}

function contextOf(derivation: Derivation | undefined): string {
  return JSON.stringify(['syncline encryption header', format, derivation ?? null]);
}

function headerOf({ value }: StoredRow): Header {
  const header = value as Partial<Record<keyof Header, Json>> | null;
  if (typeof header?.format === 'number' && header.format > format) {
    throw new SyncError('version', 'a newer release of syncline encrypted this store', {
      hint: 'Load the newer application. Nothing was changed.',
    });
  }
  const derivation = header?.derivation as Partial<Derivation> | undefined;
  if (header?.format !== format || typeof header.sealed !== 'string' || !isSound(derivation)) {
    throw new SyncError('storage-corrupt', `${headerTable}/${headerId} is damaged`, {
      hint: 'Nothing was changed. Restore the store from a copy, or destroy() it and pull again.',
      details: { table: headerTable, id: headerId },
    });
  }
  if (derivation === undefined) return { format, sealed: header.sealed };
  const { name, iterations, salt } = derivation;
  return { format, sealed: header.sealed, derivation: { name, iterations, salt } };
}

function isSound(value: Partial<Derivation> | undefined): value is Derivation | undefined {
  if (value === undefined) return true;
  const { name, iterations, salt } = value;
  return name === 'PBKDF2-HMAC-SHA-256' && isPlausible(iterations ?? 0) && typeof salt === 'string';
}

function wrongKey(derivation: Derivation | undefined): SyncError {
  const secret = derivation === undefined ? 'key' : 'passphrase';
  return new SyncError(
    'storage-blocked',
    `this ${secret} does not open the store, or its header is damaged`,
    {
      hint: `Nothing was changed. Open it with the ${secret} it was written with; destroy() gives it up.`,
      details: { reason: 'wrong-key', opensWith: secret },
    },
  );
}
