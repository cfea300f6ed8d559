import { openDB, unwrap } from 'idb';
import { isSyncError, SyncError, type Runtime } from 'syncline';

export interface ConnectionOptions {
  readonly name: string;
  /** How long the browser may take to open or delete a database, ms. */
  readonly limitMs: number;
  readonly runtime: Pick<Runtime, 'setTimer' | 'uuid'>;
}

/** An open database, and the promises that hang on it. */
export class Connection {
  readonly #db: IDBDatabase;
  readonly #pending = new Set<(error: Error) => void>();
  /** What the browser says about data that it threw away when it opened the database. */
  readonly dataLoss: string | undefined;

  constructor(db: IDBDatabase, dataLoss: string | undefined) {
    this.#db = db;
    this.dataLoss = dataLoss;
  }

  get version(): number {
    return this.#db.version;
  }

  hasStore(name: string): boolean {
    return this.#db.objectStoreNames.contains(name);
  }

  transaction(
    stores: string[],
    mode: IDBTransactionMode,
    durability: IDBTransactionDurability,
  ): IDBTransaction {
    return this.#db.transaction(stores, mode, { durability });
  }

  /** What `work` comes to, once its transaction is complete. */
  async run<T>(
    stores: string[],
    mode: IDBTransactionMode,
    work: (transaction: IDBTransaction) => Promise<T>,
    durability: IDBTransactionDurability = 'strict',
  ): Promise<T> {
    const transaction = this.transaction(stores, mode, durability);
    const [outcome, end] = await Promise.allSettled([work(transaction), this.settled(transaction)]);
    // What the work itself has found comes first; the transaction knows why it was aborted, its requests only that it was.
    if (outcome.status === 'rejected' && isSyncError(outcome.reason)) throw outcome.reason;
    if (end.status === 'rejected') throw end.reason;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /**
   * Resolves on `complete` only: a full disk surfaces at commit, as `abort`, after every request has succeeded.
   * Rejects on `error`, on `abort`, and when the connection is lost without either.
   */
  settled(transaction: IDBTransaction): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        this.#pending.delete(fail);
        reject(error);
      };
      this.#pending.add(fail);
      transaction.oncomplete = () => {
        this.#pending.delete(fail);
        resolve();
      };
      transaction.onerror = ({ target }) => {
        const error = errorOf(target as IDBRequest);
        // An aborted request is followed by the abort of the transaction, which has the reason.
        if (error.name !== 'AbortError') fail(error);
      };
      transaction.onabort = () => fail(transaction.error ?? new DOMException('aborted', 'AbortError'));
    });
  }

  /** The browser has taken the database away. */
  lose(): void {
    for (const fail of this.#pending) fail(new DOMException('the connection was lost', 'AbortError'));
  }

  /** What is under way still settles. */
  close(): void {
    this.#db.close();
  }
}

export interface ConnectionEvents {
  /** Another connection wants to upgrade or delete the database and waits for this one to close. */
  wanted(reason: string): void;
  /** The browser closed the connection. */
  lost(): void;
}

/** What to make of a database that is new or older: in its upgrade, `transaction`, which ends by itself. */
export type Upgrade = (transaction: IDBTransaction, oldVersion: number) => void;

/**
 * Opens the database in a version, or in that which it has, and creates it where there is none. Rejects with what
 * IndexedDB says, or `storage-blocked`.
 */
export async function connect(
  options: ConnectionOptions,
  version: number | undefined,
  upgrade: Upgrade,
  events: ConnectionEvents,
): Promise<Connection> {
  if (typeof indexedDB === 'undefined') {
    throw new SyncError('storage-blocked', 'there is no IndexedDB here', { hint: 'Use another storage.' });
  }
  const opened: { connection?: Connection; dataLoss?: string | undefined } = {};
  const opening = openDB(options.name, version, {
    upgrade(_database, oldVersion, _newVersion, transaction, event) {
      opened.dataLoss = dataLossOf(event);
      // What fails here fails the opening, too.
      transaction.done.catch(() => undefined);
      upgrade(unwrap(transaction), oldVersion);
    },
    blocking: (_current, wanted) =>
      events.wanted(
        wanted === null ? 'another tab deletes the database' : 'another tab upgrades the database',
      ),
    terminated() {
      opened.connection?.lose();
      events.lost();
    },
  });
  const db = unwrap(await within(opening, options, 'opening', (late) => late.close()));
  opened.connection = new Connection(db, opened.dataLoss);
  return opened.connection;
}

/** The promise, or `storage-blocked` once the time is up. `late` gets what comes after that. */
export function within<T>(
  promise: Promise<T>,
  { name, limitMs, runtime }: ConnectionOptions,
  doing: string,
  late: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const cancel = runtime.setTimer(limitMs, () => {
      waiting = false;
      reject(
        new SyncError('storage-blocked', `${doing} the database '${name}' took more than ${limitMs} ms`, {
          hint: 'Another tab may hold it open: close the other tabs of this application.',
        }),
      );
    });
    promise.finally(cancel).then((value) => {
      if (waiting) resolve(value);
      else late(value);
    }, reject);
  });
}

export function request<T>(source: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    source.onsuccess = () => resolve(source.result);
    source.onerror = () => reject(errorOf(source));
  });
}

function errorOf({ error }: IDBRequest): Error {
  return error ?? new DOMException('no reason given', 'UnknownError');
}

/** `otherwise` where a value is known to be beyond recovery: Chromium keeps large ones in files of their own. */
export function readable<T, O = undefined>(source: IDBRequest<T>, otherwise?: O): Promise<T | O | undefined> {
  return new Promise((resolve, reject) => {
    source.onsuccess = () => resolve(source.result);
    source.onerror = (event) => {
      if (source.error?.name !== 'NotReadableError') return reject(errorOf(source));
      event.preventDefault();
      event.stopPropagation();
      resolve(otherwise);
    };
  });
}

export function readEach(
  store: IDBObjectStore,
  keys: readonly IDBValidKey[],
  otherwise?: unknown,
): Promise<unknown[]> {
  return Promise.all(keys.map((key) => readable<unknown, unknown>(store.get(key), otherwise)));
}

/** Chromium's own addition to the event: 'total' when it found the database corrupt and threw it away. */
function dataLossOf(event: IDBVersionChangeEvent): string | undefined {
  const { dataLoss, dataLossMessage } = event as { dataLoss?: string; dataLossMessage?: string };
  return dataLoss === undefined || dataLoss === 'none' ? undefined : (dataLossMessage ?? dataLoss);
}
