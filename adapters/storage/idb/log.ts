import type { LogContents, LogEntry } from 'syncline';
import { readable, readEach, request } from '../../shared/idb/connection.js';
import { chunkStore, logStore, type LogDatabase } from './connection.js';

/** An entry as it is stored. The ticket is different for each append, so that two of one content are told apart. */
export type StoredEntry = readonly [ticket: string, payload: string];

/** Key of what the snapshot is. Its end is part of it, so that an append reads a key and no value. */
type SnapshotKey = ['snapshot', upTo: number];

/** What the newest snapshot is: the keys of its chunks, without gaps. */
interface SnapshotRow {
  readonly upTo: number;
  readonly first: number;
  readonly last: number;
}

/** In place of a text that the browser cannot give back: `logStorage` finds that its checksum is wrong. */
const unreadable = 'unreadable in IndexedDB';

/** Everything after a position. */
export function readLog(database: LogDatabase, after: number): Promise<LogContents> {
  return database.connection.run([logStore, chunkStore], 'readonly', async (transaction) => {
    const log = transaction.objectStore(logStore);
    const range = IDBKeyRange.bound(after, Infinity, true);
    const reading = snapshotOf(log);
    const [snapshot, chunks, positions, values] = await Promise.all([
      reading,
      reading.then((row) =>
        row !== undefined && after < row.upTo ? readChunks(transaction, row) : undefined,
      ),
      request(log.getAllKeys(range)),
      readable<unknown[]>(log.getAll(range)),
    ]);
    const upTo = snapshot?.upTo ?? 0;
    const payloads = values ?? (await readEach(log, positions));
    const entries: LogEntry[] = positions
      .map((position, at) => ({ position: position as number, payload: payloadOf(payloads[at]) }))
      .filter(({ position }) => position > upTo);
    database.seen = Math.max(database.seen, upTo, entries.at(-1)?.position ?? 0);
    return chunks === undefined ? { entries } : { snapshot: { upTo, chunks }, entries };
  });
}

/**
 * Adds an entry in one request and commits at once: a hop less than checking first. The key is the check on the head;
 * what it cannot see is a log that was compacted past this reader. An entry that lands there is told so afterwards:
 * it lies at a position that the snapshot stands for, where nobody reads, and the next compaction removes it.
 */
export async function addEntry(
  database: LogDatabase,
  entry: StoredEntry,
  after: number,
  durability: IDBTransactionDurability,
): Promise<boolean> {
  if (after > database.seen && !(await isHead(database, after))) return false;
  const transaction = database.connection.transaction([logStore], 'readwrite', durability);
  const log = transaction.objectStore(logStore);
  const snapshot = log.getKey(anySnapshot());
  log.add(entry, after + 1);
  transaction.commit();
  await database.connection.settled(transaction);
  database.seen = after + 1;
  const [, upTo] = (snapshot.result ?? ['snapshot', 0]) as SnapshotKey;
  return upTo <= after;
}

async function isHead(database: LogDatabase, position: number): Promise<boolean> {
  const { entries, snapshot } = await readLog(database, position - 1);
  return entries.at(0)?.position === position || snapshot?.upTo === position;
}

/** The ticket of the entry at a position. */
export async function ticketAt(database: LogDatabase, position: number): Promise<string | undefined> {
  const entry = await database.connection.run([logStore], 'readonly', (transaction) =>
    request(transaction.objectStore(logStore).get(position) as IDBRequest<StoredEntry | undefined>),
  );
  return entry?.[0];
}

/**
 * Puts the chunks down first, in a store that appends do not touch, and then exchanges the snapshots in a short
 * transaction. Both are flushed to disk, whatever the device's durability: entries are dropped here. `older`: there is
 * a snapshot at or past `upTo`. `cleared`: another tab's snapshot of the same moment removed the chunks put down.
 */
export async function replaceSnapshot(
  database: LogDatabase,
  texts: readonly string[],
  upTo: number,
): Promise<'replaced' | 'older' | 'cleared'> {
  const [first, last] = await database.connection.run([chunkStore], 'readwrite', async (transaction) => {
    const keys: number[] = [];
    for (const text of texts)
      keys.push((await request(transaction.objectStore(chunkStore).add(text))) as number);
    return [keys.at(0) ?? 0, keys.at(-1) ?? 0] as const;
  });
  return database.connection.run([logStore, chunkStore], 'readwrite', async (transaction) => {
    const log = transaction.objectStore(logStore);
    const chunks = transaction.objectStore(chunkStore);
    const own = IDBKeyRange.bound(first, last);
    const [present, current] = await Promise.all([request(chunks.count(own)), snapshotOf(log)]);
    if (present !== texts.length) return 'cleared';
    if (current !== undefined && current.upTo >= upTo) {
      chunks.delete(own);
      return 'older';
    }
    chunks.delete(IDBKeyRange.upperBound(first, true));
    log.delete(IDBKeyRange.bound(0, upTo));
    log.delete(anySnapshot());
    log.put({ upTo, first, last } satisfies SnapshotRow, ['snapshot', upTo] satisfies SnapshotKey);
    return 'replaced';
  });
}

function snapshotOf(log: IDBObjectStore): Promise<SnapshotRow | undefined> {
  return request(log.get(anySnapshot()) as IDBRequest<SnapshotRow | undefined>);
}

function anySnapshot(): IDBKeyRange {
  return IDBKeyRange.bound(['snapshot'], ['snapshot', Infinity]);
}

async function readChunks(transaction: IDBTransaction, { first, last }: SnapshotRow): Promise<string[]> {
  const store = transaction.objectStore(chunkStore);
  const range = IDBKeyRange.bound(first, last);
  const chunks = await readable<unknown[]>(store.getAll(range));
  return (chunks ?? (await readEach(store, await request(store.getAllKeys(range))))).map(textOf);
}

function payloadOf(value: unknown): string {
  return Array.isArray(value) ? textOf(value[1]) : unreadable;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : unreadable;
}
