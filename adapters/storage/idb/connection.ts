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
  const stored = connection
    .transaction([logStore], 'readonly', 'relaxed')
    .objectStore(logStore)
    .get(epochKey);
  const epoch = await request(stored as IDBRequest<string>);
  return new LogDatabase(connection, epoch);
}
