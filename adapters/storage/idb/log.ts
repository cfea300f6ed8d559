import type { LogContents, LogEntry } from 'syncline';
import { readable, readEach, request } from '../../shared/idb/connection.js';
import { chunkStore, logStore, type LogDatabase } from './connection.js';

/**
 * An entry as it is stored. The ticket is different for each append, so that two of one content are told apart; `after`
 * is the position it was meant to follow.
 */
export type StoredEntry = readonly [ticket: string, payload: string, after: number];

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
    const reading = snapshotOf(log);
    const [snapshot, chunks, found] = await Promise.all([
      reading,
      reading.then((row) =>
        row !== undefined && after < row.upTo ? readChunks(transaction, row) : undefined,
      ),
      readEntries(log, after),
    ]);
    const upTo = snapshot?.upTo ?? 0;
    const entries = found.filter(({ position }) => position > upTo);
    database.seen = Math.max(database.seen, upTo, entries.at(-1)?.position ?? 0);
    return chunks === undefined ? { entries } : { snapshot: { upTo, chunks }, entries };
  });
}

/**
 * Adds an entry in one request and commits at once: any look at the log beside it costs a sixth of a small write. The
 * key that the store's own count gave is the check on the head, afterwards. The count never gives a key twice, neither
 * to another tab nor after a compaction (https://w3c.github.io/IndexedDB/#key-generator-construct), so `after + 1` means
 * that nobody has come between. Under any other key the entry is misplaced: it says so itself, and nobody reads it.
 */
export async function addEntry(
  database: LogDatabase,
  entry: StoredEntry,
  durability: IDBTransactionDurability,
): Promise<boolean> {
  const [, , after] = entry;
  if (after < database.counted || after > database.seen) return placeEntry(database, entry, durability);
  const transaction = database.connection.transaction([logStore], 'readwrite', durability);
  const adding = transaction.objectStore(logStore).add(entry) as IDBRequest<number>;
  transaction.commit();
  await database.connection.settled(transaction);
  database.counted = adding.result;
  if (adding.result !== after + 1) return placeEntry(database, entry, durability);
  database.seen = after + 1;
  return true;
}

/** Looks where the log ends, puts the entry there if that is its place, and removes what is misplaced behind it. */
async function placeEntry(
  database: LogDatabase,
  entry: StoredEntry,
  durability: IDBTransactionDurability,
): Promise<boolean> {
  const [, , after] = entry;
  const place = async (transaction: IDBTransaction) => {
    const log = transaction.objectStore(logStore);
    const [snapshot, entries] = await Promise.all([snapshotOf(log), readEntries(log, after - 1)]);
    const head = Math.max(snapshot?.upTo ?? 0, entries.at(-1)?.position ?? 0);
    log.delete(IDBKeyRange.bound(Math.max(head, after - 1), Infinity, true));
    if (head === after) log.add(entry, after + 1);
    return head === after;
  };
  const placed = await database.connection.run([logStore], 'readwrite', place, durability);
  if (placed) database.seen = after + 1;
  return placed;
}

/** The entries after a position, without those that are misplaced. */
async function readEntries(log: IDBObjectStore, after: number): Promise<LogEntry[]> {
  const range = IDBKeyRange.bound(after, Infinity, true);
  const [keys, values] = await Promise.all([
    request(log.getAllKeys(range) as IDBRequest<number[]>),
    readable<unknown[]>(log.getAll(range)),
  ]);
  const found = values ?? (await readEach(log, keys));
  const entries: LogEntry[] = [];
  keys.forEach((position, at) => {
    const value = found[at];
    const [, payload, before] = (Array.isArray(value) ? value : []) as unknown[];
    // Anything but another number is damage, and that is for the payload's checksum to find.
    if (typeof before !== 'number' || before === position - 1)
      entries.push({ position, payload: textOf(payload) });
  });
  return entries;
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

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : unreadable;
}
