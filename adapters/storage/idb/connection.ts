import { SyncError } from 'syncline';
import {
  connect,
  request,
  type Connection,
  type ConnectionEvents,
  type ConnectionOptions,
} from '../../shared/idb/connection.js';
import type { Opened } from '../../shared/idb/handle.js';

/** Entries by position, and under other keys: the epoch and what the snapshot is. */
export const logStore = 'log';
/** Pieces of snapshots under growing keys. */
export const chunkStore = 'chunks';
const epochKey = 'epoch';

const schemaVersion = 1;

/** An open log. */
export class LogDatabase implements Opened {
  readonly connection: Connection;
  readonly epoch: string;
  /** Newest position that is known to be in this database. */
  seen = 0;

  constructor(connection: Connection, epoch: string) {
    this.connection = connection;
    this.epoch = epoch;
  }
}

export async function openLog(options: ConnectionOptions, events: ConnectionEvents): Promise<LogDatabase> {
  const create = ({ db }: IDBTransaction) => {
    db.createObjectStore(logStore).put(options.runtime.uuid(), epochKey);
    db.createObjectStore(chunkStore, { autoIncrement: true });
  };
  const connection = await connect(options, schemaVersion, create, events);
  const epoch = await epochOf(connection);
  if (epoch === undefined) {
    connection.close();
    throw new SyncError('storage-corrupt', `the database '${options.name}' is no log of Syncline`, {
      hint: 'Use another name; nothing was changed.',
    });
  }
  return new LogDatabase(connection, epoch);
}

async function epochOf(connection: Connection): Promise<string | undefined> {
  if (!connection.hasStore(logStore) || !connection.hasStore(chunkStore)) return undefined;
  const log = connection.transaction([logStore], 'readonly', 'relaxed').objectStore(logStore);
  return request(log.get(epochKey) as IDBRequest<string | undefined>);
}
