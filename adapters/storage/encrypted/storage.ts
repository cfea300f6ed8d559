import {
  isSyncError,
  SyncError,
  type RowRef,
  type RowRevision,
  type ScanOptions,
  type StorageAdapter,
  type StorageLayout,
  type StorageSignals,
  type StorageWrite,
  type StoredRow,
} from 'syncline';
import type { WebCrypto } from './cipher.js';
import { Commits } from './commits.js';
import { headerTable, readKeyring, type Keyring } from './keyring.js';
import { enter } from './opening.js';
import { rotate, type NewSecret, type RotationOptions } from './rotation.js';
import { damaged, innerLayout, openRow, sealRow } from './rows.js';
import { KeySource, type Secret } from './secret.js';

type State = 'new' | 'opening' | 'open' | 'closed';
type Row = StoredRow | undefined;

/** A storage that seals rows before they reach the one below, and opens them on their way back. */
export class EncryptedStore implements StorageAdapter {
  readonly #inner: StorageAdapter;
  readonly #crypto: WebCrypto;
  readonly #commits: Commits;
  /** What the caller has opened the store with. */
  readonly #source: KeySource;
  /** The newest first; more than one while it is not known whether the header is under that one. */
  #sources: readonly KeySource[];
  #state: State = 'new';
  #layout: StorageLayout = {};
  #signals: StorageSignals = {};
  #keyring: Keyring | undefined;
  #opening: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** By the row below: a storage that holds its rows in memory gives the same one each time. */
  readonly #opened = new WeakMap<StoredRow, StoredRow>();
  /** The newest read. Reads come back in the order in which they were asked for, as they would without encryption. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(inner: StorageAdapter, crypto: WebCrypto, secret: Secret) {
    this.#inner = inner;
    this.#crypto = crypto;
    this.#source = new KeySource(crypto, secret);
    this.#sources = [this.#source];
    this.#commits = new Commits({
      inner,
      keyring: () => this.#ring(),
      refresh: () => this.#refresh(),
      seal: (keyring, row, text) => sealRow(crypto, keyring, row, text),
    });
  }

  async open(layout: StorageLayout, signals: StorageSignals = {}): Promise<void> {
    if (this.#state !== 'new') throw new SyncError('storage-closed', 'a storage is opened once');
    const opened = this.#start(layout, signals);
    this.#opening = opened.catch(() => undefined);
    await opened;
  }

  async get(table: string, ids: readonly string[]): Promise<readonly Row[]> {
    this.#assertOpen();
    return this.#inOrder(this.#openRows(table, this.#inner.get(table, ids)));
  }

  async scan(table: string, options: ScanOptions = {}): Promise<readonly StoredRow[]> {
    this.#assertOpen();
    const rows = await this.#inOrder(this.#openRows(table, this.#inner.scan(table, options)));
    return rows.filter((row) => row !== undefined);
  }

  async commit(
    writes: readonly StorageWrite[],
    reads: readonly RowRevision[] = [],
  ): Promise<{ readonly revision: number }> {
    this.#assertOpen();
    const unknown = writes.find(({ table }) => !Object.hasOwn(this.#layout, table));
    if (unknown !== undefined) throw new SyncError('validation', `there is no table '${unknown.table}'`);
    return this.#commits.issue(writes, reads);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async destroy(): Promise<void> {
    await this.close();
    await this.#inner.destroy();
  }

  /** Whether rows may still be under an older key: a rotation was broken off. */
  get rotating(): boolean {
    return this.#ring().keys.size > 1;
  }

  async rotate({ signal, onProgress, ...secret }: NewSecret & RotationOptions = {}): Promise<void> {
    this.#assertOpen();
    const source = isSecret(secret) ? new KeySource(this.#crypto, secret) : undefined;
    // Until the header is stored, nobody knows which of the two opens it.
    if (source !== undefined) this.#sources = [source, ...this.#sources];
    await rotate(
      {
        crypto: this.#crypto,
        inner: this.#inner,
        tables: Object.keys(this.#layout),
        keyring: () => this.#ring(),
        refresh: () => this.#refresh(),
        assertOpen: () => this.#assertOpen(),
        moved: (rows) => this.#signals.changed?.(rows),
      },
      source,
      { ...(signal && { signal }), ...(onProgress && { onProgress }) },
    );
  }

  async #start(layout: StorageLayout, signals: StorageSignals): Promise<void> {
    if (Object.hasOwn(layout, headerTable))
      throw new SyncError('validation', `the table '${headerTable}' is reserved`);
    this.#state = 'opening';
    this.#layout = layout;
    this.#signals = signals;
    await this.#inner.open(innerLayout(layout), {
      changed: (rows) => this.#moved(rows),
      lost: (loss) => signals.lost?.(loss),
      closed: (reason) => this.#end(reason),
    });
    try {
      this.#keyring = await enter({ crypto: this.#crypto, inner: this.#inner, source: this.#source, layout });
      if (!this.#is('opening')) throw closed();
      this.#state = 'open';
    } catch (error) {
      this.#state = 'closed';
      await this.#inner.close();
      throw error;
    }
  }

  async #shutDown(): Promise<void> {
    this.#state = 'closed';
    await this.#opening;
    await this.#commits.idle();
    await this.#inner.close();
  }

  #end(reason: string): void {
    if (this.#is('closed')) return;
    this.#state = 'closed';
    this.#signals.closed?.(reason);
  }

  async #openRows(table: string, reading: Promise<readonly Row[]>): Promise<readonly Row[]> {
    const rows = await reading;
    // What the storage below keeps for itself, such as what it could not read, was never sealed here.
    if (!Object.hasOwn(this.#layout, table)) return rows;
    const opened = await this.#unsealAll(table, rows);
    const strange = rows.some((row, at) => row !== undefined && opened[at] === undefined);
    if (!strange) return opened;
    // Another tab writes under a key that it has added.
    await this.#refresh();
    const again = await this.#unsealAll(table, rows);
    rows.forEach((row, at) => {
      if (row !== undefined && again[at] === undefined) throw damaged(table, row.id);
    });
    return again;
  }

  /** `undefined` for a row under a key that is not known here. */
  async #unsealAll(table: string, rows: readonly Row[]): Promise<readonly Row[]> {
    const known = rows.map((row) => row && this.#opened.get(row));
    if (rows.every((row, at) => row === undefined || known[at] !== undefined)) return known;
    return Promise.all(rows.map(async (row, at) => known[at] ?? (row && this.#unseal(table, row))));
  }

  async #unseal(table: string, row: StoredRow): Promise<Row> {
    const value = await openRow(this.#crypto, this.#ring(), table, row);
    if (value === undefined) return undefined;
    const opened = { id: row.id, revision: row.revision, value };
    this.#opened.set(row, opened);
    return opened;
  }

  #inOrder<T>(read: Promise<T>): Promise<T> {
    const settled = Promise.allSettled([this.#reading, read]);
    this.#reading = settled;
    return settled.then(() => read);
  }

  #moved(rows: readonly RowRef[]): void {
    const own = rows.filter(({ table }) => table !== headerTable);
    // A tab that must not read on learns of it now, and not with its next commit.
    if (own.length < rows.length && this.#is('open')) this.#refresh().catch(() => undefined);
    if (own.length > 0) this.#signals.changed?.(own);
  }

  async #refresh(): Promise<void> {
    try {
      const keyring = await readKeyring(this.#crypto, this.#inner, this.#sources);
      if (keyring === undefined) throw new SyncError('storage-corrupt', 'the keys of the store are gone');
      if (keyring.revision > this.#ring().revision) this.#keyring = keyring;
    } catch (error) {
      if (!isSyncError(error, 'storage-blocked')) throw error;
      const reason = 'another tab changed the key of the store';
      this.#end(reason);
      throw new SyncError('storage-closed', reason, { hint: 'Open it with the new key.', cause: error });
    }
  }

  #ring(): Keyring {
    if (this.#keyring === undefined) throw closed();
    return this.#keyring;
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw closed();
  }

  /** A call, so that the compiler does not take the state of before an `await` for that after it. */
  #is(state: State): boolean {
    return this.#state === state;
  }
}

function isSecret(secret: NewSecret): secret is Secret {
  return secret.key !== undefined || secret.passphrase !== undefined;
}

function closed(): SyncError {
  return new SyncError('storage-closed', 'the storage is not open', { hint: 'Open it, or make a new one.' });
}
