import { SyncError, type StorageLayout } from 'syncline';
import {
  connect,
  request,
  type Connection,
  type ConnectionEvents,
  type ConnectionOptions,
} from '../../shared/idb/connection.js';
import type { Opened } from '../../shared/idb/handle.js';
import { pointerOf, unionOf } from '../../shared/rows.js';
import { commitStore, newestRevision } from './commits.js';
import { keyPathOf, Table } from './table.js';

/** Under their keys: `epoch`, `format`, and `layout`, all tables and indexes that are here. */
export const metaStore = '$syncline';

/** Version of what the stores look like; the version of the database grows with the layout. */
const format = 1;

/** An open database with a store for each table. */
export interface RowsDatabase extends Opened {
  /** Those of other releases included: their indexes are kept up too. */
  readonly tables: ReadonlyMap<string, Table>;
  /** Revision of the newest commit when it was opened. */
  readonly newest: number;
}

/**
 * Opens the database, in a new version where the layout wants more than is there. Rejects with `storage-corrupt` for a
 * database that somebody else made, and with `version` for one of a newer release; both are left as they are.
 */
export async function openRows(
  options: ConnectionOptions,
  wanted: StorageLayout,
  events: ConnectionEvents,
): Promise<RowsDatabase> {
  for (let version: number | undefined; ;) {
    const connection = await connectGrowing(options, version, wanted, events);
    // Another tab has grown it further meanwhile.
    if (connection === 'newer') version = undefined;
    else {
      const { epoch, layout, newest } = await inspect(connection).catch((error: unknown) => {
        connection.close();
        throw error;
      });
      if (JSON.stringify(unionOf(layout, wanted)) === JSON.stringify(layout)) {
        const tables = Object.entries(layout).map(([name, { indexes }]) => new Table(name, indexes));
        return { connection, epoch, newest, tables: new Map(tables.map((table) => [table.name, table])) };
      }
      version = connection.version + 1;
      connection.close();
    }
  }
}

async function connectGrowing(
  options: ConnectionOptions,
  version: number | undefined,
  wanted: StorageLayout,
  events: ConnectionEvents,
): Promise<Connection | 'newer'> {
  let failure: unknown;
  const upgrade = (transaction: IDBTransaction, oldVersion: number) => {
    if (oldVersion === 0) create(transaction, options.runtime.uuid());
    grow(transaction, wanted).catch((error: unknown) => {
      failure = transaction.error ?? error;
      if (transaction.error === null) transaction.abort();
    });
  };
  try {
    return await connect(options, version, upgrade, events);
  } catch (error) {
    if (version !== undefined && error instanceof DOMException && error.name === 'VersionError')
      return 'newer';
    throw failure ?? error;
  }
}

async function inspect(connection: Connection) {
  if (!connection.hasStore(metaStore)) {
    throw new SyncError('storage-corrupt', 'the database belongs to something else', {
      hint: 'Give the storage a name of its own; this database was not touched.',
    });
  }
  const transaction = connection.transaction([metaStore, commitStore], 'readonly', 'relaxed');
  const meta = transaction.objectStore(metaStore);
  const [epoch, stored, layout, newest] = await Promise.all([
    request(meta.get('epoch') as IDBRequest<string>),
    request(meta.get('format') as IDBRequest<number>),
    request(meta.get('layout') as IDBRequest<StorageLayout>),
    newestRevision(transaction),
  ]);
  if (stored > format) {
    throw new SyncError('version', `the database has format ${stored}, and only ${format} is known here`, {
      hint: 'A newer release wrote it. Use that one, or newer.',
    });
  }
  return { epoch, layout, newest };
}

function create({ db }: IDBTransaction, epoch: string): void {
  const meta = db.createObjectStore(metaStore);
  meta.put(epoch, 'epoch');
  meta.put(format, 'format');
  meta.put({}, 'layout');
  db.createObjectStore(commitStore, { keyPath: 'revision' });
}

/** Makes the stores and indexes that are missing. Rows that are there come along. */
async function grow(transaction: IDBTransaction, wanted: StorageLayout): Promise<void> {
  const { db } = transaction;
  const meta = transaction.objectStore(metaStore);
  const present = await request(meta.get('layout') as IDBRequest<StorageLayout>);
  const grown = unionOf(present, wanted);
  for (const [name, { indexes }] of Object.entries(grown)) {
    const isNew = !db.objectStoreNames.contains(name);
    const store = isNew ? db.createObjectStore(name, { keyPath: 'id' }) : transaction.objectStore(name);
    const moved = Object.keys(indexes).filter((index) => pointerOf(present, name, index) !== indexes[index]);
    for (const index of moved)
      if (!store.indexNames.contains(index)) store.createIndex(index, keyPathOf(index));
    if (!isNew && moved.length > 0) await new Table(name, indexes).refill(store);
  }
  meta.put(grown, 'layout');
}
