import { SyncError } from 'syncline';
import {
  connect,
  request,
  type ConnectionEvents,
  type ConnectionOptions,
} from '../../shared/idb/connection.js';
import type { Opened } from '../../shared/idb/handle.js';

/** Entries by position, which the store counts, and under other keys: the epoch and what the snapshot is. */
export const logStore = 'log';
/** Pieces of snapshots under growing keys. */
export const chunkStore = 'chunks';
const epochKey = 'epoch';

const schemaVersion = 1;

/** An open log. */
export interface LogDatabase extends Opened {
  /** Newest position that is known to be in this database. */
  seen: number;
  /** How far the log's store has counted, as far as that is known; ahead of the log's end after a misplaced entry. */
  counted: number;
}

export async function openLog(options: ConnectionOptions, events: ConnectionEvents): Promise<LogDatabase> {
  const create = ({ db }: IDBTransaction) => {
    db.createObjectStore(logStore, { autoIncrement: true }).put(options.runtime.uuid(), epochKey);
    db.createObjectStore(chunkStore, { autoIncrement: true });
  };
  const connection = await connect(options, schemaVersion, create, events);
  const isLog = connection.hasStore(logStore) && connection.hasStore(chunkStore);
  const log = isLog
    ? connection.transaction([logStore], 'readonly', 'relaxed').objectStore(logStore)
    : undefined;
  const epoch = log && (await request(log.get(epochKey) as IDBRequest<string | undefined>));
  if (epoch === undefined) {
    connection.close();
    throw new SyncError('storage-corrupt', `the database '${options.name}' is no log of Syncline`, {
      hint: 'Use another name; nothing was changed.',
    });
  }
  // A log of one of the first days does not count its entries, and serves all the same.
  return { connection, epoch, seen: 0, counted: log?.autoIncrement === true ? 0 : Infinity };
}
