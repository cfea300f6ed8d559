import { isSyncError, SyncError, type RowRef, type StorageAdapter, type StoredRow } from 'syncline';
import type { WebCrypto } from './cipher.js';
import { headerId, headerTable, headerWrite, isHeaderMoved, withNewKey, type Keyring } from './keyring.js';
import { keyIdOf, resealed } from './rows.js';
import type { KeySource, Secret } from './secret.js';

export interface RotationProgress {
  /** Rows that were looked at, of `total`. */
  readonly done: number;
  readonly total: number;
}

export interface RotationOptions {
  /** Stops between two steps; what was done stays, and the next `rotate()` goes on from there. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RotationProgress) => void;
}

/** What the store opens with from now on. Absent: the same as before. */
export type NewSecret = Secret | { readonly key?: never; readonly passphrase?: never };

export interface RotationSetup {
  readonly crypto: WebCrypto;
  readonly inner: StorageAdapter;
  /** Those that this release knows. */
  readonly tables: readonly string[];
  /** The newest that is known here. */
  readonly keyring: () => Keyring;
  /** Reads the header again. */
  readonly refresh: () => Promise<void>;
  readonly assertOpen: () => void;
  /** These rows have another revision now. */
  readonly moved: (rows: readonly RowRef[]) => void;
}

/** Rows that are read, sealed and committed at a time. */
const step = 200;

/**
 * Puts the store under a new key: first the header, in one commit, then row by row what is under an older key. Each
 * step is a commit, and each state between two steps is one that can be opened, with the new secret alone.
 */
export async function rotate(
  setup: RotationSetup,
  source: KeySource | undefined,
  options: RotationOptions,
): Promise<void> {
  assertWanted(setup, options);
  if (source !== undefined || setup.keyring().keys.size === 1) {
    await replaceHeader(setup, (before) => ({
      ...before,
      ...(source === undefined ? {} : { source, derivation: source.newDerivation() }),
      ring: withNewKey(setup.crypto, before.ring),
    }));
  }
  const target = setup.keyring().current;
  await rewrite(setup, target, options);
  await replaceHeader(setup, (before) => {
    const { keys, indexes } = before.ring;
    // Rows of a table that only another release knows may be under any of the keys.
    if (Object.keys(indexes).some((table) => !setup.tables.includes(table))) return undefined;
    // Another tab may be on its way to a key after ours, with rows left under ours.
    const left = keys.filter(({ id }) => id >= target);
    return left.length === keys.length ? undefined : { ...before, ring: { keys: left, indexes } };
  });
}

async function replaceHeader(
  setup: RotationSetup,
  change: (before: Keyring) => Keyring | undefined,
): Promise<void> {
  for (;;) {
    setup.assertOpen();
    await setup.refresh();
    const after = change(setup.keyring());
    if (after === undefined) return;
    try {
      await setup.inner.commit([await headerWrite(setup.crypto, after)]);
      return await setup.refresh();
    } catch (error) {
      if (!isHeaderMoved(error)) throw error;
    }
  }
}

/** Ends with all rows under `target` or a later key. Whoever writes meanwhile writes under such a key. */
async function rewrite(setup: RotationSetup, target: number, options: RotationOptions): Promise<void> {
  const { inner, tables } = setup;
  let total = 0;
  for (const table of tables) total += (await inner.scan(table)).length;
  let done = 0;
  for (const table of tables) {
    for (let last: string | undefined; ;) {
      assertWanted(setup, options);
      const range = last === undefined ? {} : { range: { lower: last, lowerOpen: true } };
      const rows = await inner.scan(table, { ...range, limit: step });
      if (rows.length === 0) break;
      const isKnown = (row: StoredRow) => setup.keyring().keys.has(keyIdOf(row) ?? 0);
      // Another tab writes under a key that it has added, or the row is damaged.
      if (!rows.every(isKnown)) await setup.refresh();
      const old = rows.filter((row) => !isKnown(row) || (keyIdOf(row) ?? 0) < target);
      if (!(await replaceRows(setup, table, old))) continue;
      last = rows.at(-1)?.id;
      done += rows.length;
      options.onProgress?.({ done, total: Math.max(done, total) });
    }
  }
}

/** False where somebody else wrote one of the rows meanwhile. */
async function replaceRows(
  { crypto, inner, keyring, refresh, moved }: RotationSetup,
  table: string,
  rows: readonly StoredRow[],
): Promise<boolean> {
  if (rows.length === 0) return true;
  const { revision } = keyring();
  const writes = await Promise.all(rows.map((row) => resealed(crypto, keyring(), table, row)));
  try {
    await inner.commit(writes, [{ table: headerTable, id: headerId, revision }]);
  } catch (error) {
    if (!isSyncError(error, 'storage-conflict')) throw error;
    if (isHeaderMoved(error)) await refresh();
    return false;
  }
  moved(rows.map(({ id }) => ({ table, id })));
  return true;
}

function assertWanted({ assertOpen }: RotationSetup, { signal }: RotationOptions): void {
  assertOpen();
  if (signal?.aborted !== true) return;
  throw new SyncError('aborted', 'the rotation was stopped', {
    hint: 'Everything can be read and written. rotate() goes on from here.',
    cause: signal.reason,
  });
}
