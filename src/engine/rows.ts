import type { EntityDefinition } from '../contracts/entity.js';
import type { SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import type { StorageLayout } from '../contracts/storage.js';

/** Name of a table, with the type of its rows. */
export type Table<R> = string & { readonly row?: R };

/** Tables of a client's store, beside one for each entity. */
export const tables = {
  meta: 'meta' as Table<MetaRows[keyof MetaRows]>,
  outbox: 'outbox' as Table<OutboxEntry>,
  history: 'history' as Table<HistoryRow>,
};

/** Table of an entity's records. */
export function recordTable(entity: string): Table<RecordRow> {
  return `record:${entity}`;
}

/** One row of a record table: what the application reads, and what it is made of. */
export interface RecordRow {
  /** Base with the pending operations over it. */
  readonly view: SyncRecord;
  /** What the server is known to hold; `null`: nothing yet. Absent: nothing is pending, so it is the view. */
  readonly base?: SyncRecord | null;
  /** Ids of the operations that the view holds and the base does not, in order. Absent: none. */
  readonly pending?: readonly string[];
}

/** `meta/replica`: who this store is. */
export interface ReplicaRow {
  readonly replica: string;
  /** Counter of the newest operation. */
  readonly counter: number;
  /** Stamp of the newest operation. */
  readonly stamp?: string;
  /** Whose data this is. */
  readonly user?: string;
}

/** `meta/schema`: what the rows here look like. */
export interface SchemaRow {
  /** Schema version of each entity whose rows are here. */
  readonly versions: Readonly<Record<string, number>>;
  /** What the rows of each entity are without. Absent: nothing. */
  readonly excluded?: Readonly<Record<string, readonly string[]>>;
}

/** `meta/sync`: how far the server was followed. */
export interface SyncRow {
  readonly cursor?: string;
  readonly epoch?: string;
  /** Server's clock less ours, ms, at the last answer. */
  readonly offsetMs: number;
  /** Wall-clock time of the last completed pull, ms; shown, never compared. */
  readonly pulledAt?: number;
}

/** `meta/sent`: operations of the outbox that the server may hold already. */
interface SentRow {
  readonly ids: readonly string[];
}

/** One row of `history`: an operation that was accepted, kept in case the server is restored from a backup. */
export interface HistoryRow {
  readonly entry: OutboxEntry;
  readonly at: number;
}

/** The rows of `meta`, by id. */
export interface MetaRows {
  readonly replica: ReplicaRow;
  readonly sync: SyncRow;
  readonly sent: SentRow;
  readonly schema: SchemaRow;
}

export function layoutOf(entities: Iterable<EntityDefinition>): StorageLayout {
  const layout: Record<string, StorageLayout[string]> = {};
  for (const name of Object.values(tables)) layout[name] = { indexes: {} };
  for (const { name, indexes } of entities) {
    layout[recordTable(name)] = {
      indexes: Object.fromEntries(indexes.map((path) => [path, `/view/data${path}`])),
    };
  }
  return layout;
}

export function baseOf(row: RecordRow | undefined): SyncRecord | undefined {
  return row === undefined || row.base === null ? undefined : (row.base ?? row.view);
}
