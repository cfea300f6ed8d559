import {
  keyAt,
  SyncError,
  type Json,
  type RowRef,
  type StorageLayout,
  type StorageWrite,
  type StoredRow,
} from 'syncline';
import { seal, unseal, type WebCrypto } from './cipher.js';
import { headerTable, type Indexes, type Keyring } from './keyring.js';

/** A row as the storage below sees it. */
interface Envelope {
  /** Id of the key it is sealed with. */
  readonly k: number;
  /** The row's value, sealed. */
  readonly c: string;
  /** Keys of the table's indexes, in clear. Absent: none. */
  readonly i?: Readonly<Record<string, number | string>>;
}

/** The layout of the storage below: the same indexes, over what is in clear. */
export function innerLayout(layout: StorageLayout): StorageLayout {
  const tables = Object.entries(layout).map(([table, { indexes }]) => {
    const names = Object.keys(indexes).map((name) => [name, `/i/${escaped(name)}`]);
    return [table, { indexes: Object.fromEntries(names) as Record<string, string> }] as const;
  });
  return { ...Object.fromEntries(tables), [headerTable]: { indexes: {} } };
}

/** A row's value, given as JSON, in an envelope. */
export async function sealRow(
  crypto: WebCrypto,
  { keys, current, ring }: Keyring,
  { table, id }: RowRef,
  text: string,
): Promise<Json> {
  const key = keys.get(current);
  if (key === undefined) throw new SyncError('internal', `the keyring has no key ${current}`);
  const clear = clearOf(ring.indexes, table, text);
  const c = await seal(crypto, key, text, contextOf(current, table, id, clear));
  return clear.length === 0 ? { k: current, c } : { k: current, c, i: Object.fromEntries(clear) };
}

/** The row's value. `undefined` where the keyring has not the row's key; rejects with `storage-corrupt`. */
export async function openRow(
  crypto: WebCrypto,
  { keys }: Keyring,
  table: string,
  { id, value }: StoredRow,
): Promise<Json | undefined> {
  const envelope = toEnvelope(value);
  if (envelope === undefined) throw damaged(table, id);
  const key = keys.get(envelope.k);
  if (key === undefined) return undefined;
  const clear = Object.entries(envelope.i ?? {}).sort(byName);
  try {
    const text = await unseal(crypto, key, envelope.c, contextOf(envelope.k, table, id, clear));
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw damaged(table, id, cause);
  }
}

/** A row under the present key, with what is in clear at present; fails where it was written meanwhile. */
export async function resealed(
  crypto: WebCrypto,
  keyring: Keyring,
  table: string,
  row: StoredRow,
): Promise<StorageWrite> {
  const { id, revision } = row;
  const value = await openRow(crypto, keyring, table, row);
  if (value === undefined) throw damaged(table, id);
  const text = JSON.stringify(value);
  return { table, id, value: await sealRow(crypto, keyring, { table, id }, text), ifRevision: revision };
}

/** Id of the key that a row is under; `undefined` for what is no row of this adapter. */
export function keyIdOf({ value }: StoredRow): number | undefined {
  return toEnvelope(value)?.k;
}

export function damaged(table: string, id: string, cause?: unknown): SyncError {
  return new SyncError('storage-corrupt', `${table}/${id} cannot be decrypted: it was damaged or changed`, {
    hint: 'Nothing was changed. Delete the row to go on without it, or restore the store from a copy.',
    cause,
    details: { table, id },
  });
}

type Clear = readonly (readonly [name: string, key: number | string])[];

function clearOf(indexes: Indexes, table: string, text: string): Clear {
  const pointers = Object.hasOwn(indexes, table) ? Object.entries(indexes[table] ?? {}) : [];
  if (pointers.length === 0) return [];
  const value = JSON.parse(text) as Json;
  return pointers
    .flatMap(([name, pointer]) => {
      const key = keyAt(pointer)({ value });
      return key === undefined ? [] : [[name, key] as const];
    })
    .sort(byName);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** What a row is sealed with, so that none can stand in for another, or in another order. */
function contextOf(keyId: number, table: string, id: string, clear: Clear): string {
  return JSON.stringify(['syncline encrypted row', keyId, table, id, clear]);
}

function toEnvelope(value: Json): Envelope | undefined {
  const envelope = value as Partial<Envelope> | null;
  return typeof envelope?.k === 'number' && typeof envelope.c === 'string'
    ? (envelope as Envelope)
    : undefined;
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
