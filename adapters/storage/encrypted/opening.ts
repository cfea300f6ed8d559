import { isSyncError, SyncError, type StorageAdapter, type StorageLayout, type StorageWrite } from 'syncline';
import type { WebCrypto } from './cipher.js';
import { allIndexes, headerWrite, newKeyring, readKeyring, type Indexes, type Keyring } from './keyring.js';
import { keyIdOf, resealed } from './rows.js';
import type { KeySource } from './secret.js';

interface Door {
  readonly crypto: WebCrypto;
  /** Open. */
  readonly inner: StorageAdapter;
  readonly source: KeySource;
  readonly layout: StorageLayout;
}

/**
 * The keyring of a store that was just opened: makes the header of an empty store, and brings the rows along where the
 * layout has grown. Writes one commit, or none.
 */
export async function enter(door: Door): Promise<Keyring> {
  const { crypto, inner, source, layout } = door;
  for (;;) {
    const stored = await readKeyring(crypto, inner, [source]);
    if (stored === undefined) await refuseForeign(door);
    const before = stored ?? (await newKeyring(crypto, source));
    const known = before.ring.indexes;
    const indexes = allIndexes(known, layout);
    const grown = Object.keys(layout).filter((table) => !isSame(known, indexes, table));
    if (stored !== undefined && grown.length === 0) return stored;

    const after = { ...before, ring: { ...before.ring, indexes } };
    const writes = [await headerWrite(crypto, after), ...(await rowsOf(door, after, grown))];
    try {
      await inner.commit(writes);
    } catch (error) {
      // Another tab was faster; what it wrote is read in the next round.
      if (!isSyncError(error, 'storage-conflict')) throw error;
    }
  }
}

function isSame(before: Indexes, after: Indexes, table: string): boolean {
  return Object.hasOwn(before, table) && JSON.stringify(before[table]) === JSON.stringify(after[table]);
}

/** All rows of the tables, sealed anew. */
async function rowsOf(
  { crypto, inner }: Door,
  keyring: Keyring,
  tables: readonly string[],
): Promise<StorageWrite[]> {
  const writes: StorageWrite[] = [];
  for (const table of tables) {
    const rows = await inner.scan(table);
    writes.push(...(await Promise.all(rows.map((row) => resealed(crypto, keyring, table, row)))));
  }
  return writes;
}

/** A store without a header must be empty: a new key would make what is there unreadable, or leave it in clear. */
async function refuseForeign({ inner, layout }: Door): Promise<void> {
  for (const table of Object.keys(layout)) {
    const [row] = await inner.scan(table, { limit: 1 });
    if (row === undefined) continue;
    if (keyIdOf(row) !== undefined) {
      throw new SyncError(
        'storage-corrupt',
        'the store holds encrypted rows, but not what their keys are in',
        {
          hint: 'Nothing was changed. Restore the store from a copy, or destroy() it and pull again.',
          details: { table, id: row.id },
        },
      );
    }
    throw new SyncError('storage-blocked', 'the store holds rows that are not encrypted', {
      hint: 'Nothing was changed. Let its client send everything, then use a new store, and destroy the old one.',
      details: { reason: 'not-encrypted', table },
    });
  }
}
