import {
  keyAt,
  SyncError,
  type Json,
  type RowRef,
  type RowRevision,
  type ScanOptions,
  type StorageAdapter,
  type StorageLayout,
  type StorageSignals,
  type StorageWrite,
  type StoredRow,
} from 'syncline';
import { entriesOf, entryKey, indexKey, revisionKey, rowKey, rowsOf, within } from './keys.js';
import { closed, type LevelDatabase, type LevelOperation, type LevelStore } from './store.js';

/** A write whose value is as it was when it was committed. */
type Draft = Omit<StorageWrite, 'value'> & { readonly text: string | undefined };

/**
 * A `StorageAdapter` in LevelDB, or in any other database of `abstract-level`.
 *
 * A row is one entry, and so is each place that it has in an index; a commit is one batch, flushed before it resolves.
 */
export function levelStorage({ store }: { readonly store: LevelStore }): StorageAdapter {
  return new LevelStorage(store);
}

class LevelStorage implements StorageAdapter {
  readonly #store: LevelStore;
  #layout: StorageLayout = {};
  /** Absent: not open. */
  #listener: StorageSignals | undefined;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: LevelStore) {
    this.#store = store;
  }

  async open(layout: StorageLayout, signals: StorageSignals = {}): Promise<void> {
    if (this.#opening !== undefined) throw new SyncError('storage-closed', 'a storage is opened once');
    await (this.#opening = this.#start(layout, signals));
  }

  async get(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    this.#assertTable(table);
    const keys = ids.map((id) => rowKey(table, id));
    const texts = await this.#store.read((database, snapshot) => database.getMany(keys, { snapshot }));
    return texts.map((text) => (text === undefined ? undefined : toRow(text)));
  }

  async scan(table: string, options: ScanOptions = {}): Promise<readonly StoredRow[]> {
    this.#assertTable(table);
    const { index, range = {}, limit = Infinity, reverse = false } = options;
    if (index !== undefined && !Object.hasOwn(this.#layout[table]?.indexes ?? {}, index))
      throw new SyncError('validation', `${table} has no index '${index}'`);
    const keys = within(index === undefined ? rowsOf(table) : entriesOf(table, index), range);
    if (keys.gte >= keys.lt || limit === 0 || [range.lower, range.upper].includes(NaN)) return [];
    // LevelDB counts with 31 bits.
    const taken = limit < 2 ** 31 ? { limit } : {};
    const texts = await this.#store.read(async (database, snapshot): Promise<(string | undefined)[]> => {
      const found = await database.iterator({ ...keys, ...taken, reverse, snapshot }).all();
      const values = found.map(([, value]) => value);
      return index === undefined ? values : database.getMany(values, { snapshot });
    });
    return texts.map((text) => toRow(text));
  }

  async commit(
    writes: readonly StorageWrite[],
    reads: readonly RowRevision[] = [],
  ): Promise<{ readonly revision: number }> {
    for (const { table } of [...writes, ...reads]) this.#assertTable(table);
    const drafts = writes.map(toDraft);
    assertOnce(drafts);
    const listener = this.#listener;
    const revision = await this.#store.write((database) => write(database, this.#store, drafts, reads));
    const moved = writes.map(({ table, id }) => ({ table, id }));
    for (const other of this.#store.listeners) if (other !== listener) other.changed?.(moved);
    return { revision };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async destroy(): Promise<void> {
    await this.close();
    await this.#store.enter();
    try {
      await this.#store.write(async (database) => {
        await database.clear();
        // Others over this store may be open, and go on with the indexes that they asked for.
        await database.batch(indexMarks(this.#store), { sync: true });
      });
    } finally {
      await this.#store.leave();
    }
  }

  async #start(layout: StorageLayout, signals: StorageSignals): Promise<void> {
    if (this.#closing !== undefined) throw closed();
    await this.#store.enter();
    try {
      await this.#store.write((database) => grow(database, this.#store, layout));
    } catch (error) {
      await this.#store.leave();
      throw error;
    }
    this.#layout = layout;
    this.#listener = {
      changed(rows) {
        const readable = rows.filter(({ table }) => Object.hasOwn(layout, table));
        if (readable.length > 0) signals.changed?.(readable);
      },
    };
    this.#store.listeners.add(this.#listener);
  }

  async #end(): Promise<void> {
    const isOpen = await this.#opening?.then(
      () => true,
      () => false,
    );
    if (this.#listener !== undefined) this.#store.listeners.delete(this.#listener);
    this.#listener = undefined;
    if (isOpen === true) await this.#store.leave();
  }

  #assertTable(table: string): void {
    if (this.#listener === undefined || this.#closing !== undefined) throw closed();
    if (!Object.hasOwn(this.#layout, table))
      throw new SyncError('validation', `there is no table '${table}'`);
  }
}

async function write(
  database: LevelDatabase,
  { indexes }: LevelStore,
  drafts: readonly Draft[],
  reads: readonly RowRevision[],
): Promise<number> {
  const conditions = [...drafts.map((draft) => ({ ...draft, revision: draft.ifRevision })), ...reads];
  const keys = conditions.map(({ table, id }) => rowKey(table, id));
  const [newest = '0', ...texts] = await database.getMany([revisionKey, ...keys], {});
  const rows = texts.map((text) => (text === undefined ? undefined : toRow(text)));
  const moved = conditions.filter(
    ({ revision }, at) => revision !== undefined && (rows[at]?.revision ?? 0) !== revision,
  );
  if (moved.length > 0) throw conflict(moved);
  if (drafts.length === 0) return Number(newest);

  const revision = Number(newest) + 1;
  const operations: LevelOperation[] = [{ type: 'put', key: revisionKey, value: String(revision) }];
  for (const [at, { table, id, text }] of drafts.entries()) {
    const before = rows[at];
    const places = (row: StoredRow) => placesOf(indexes.get(table) ?? [], table, row);
    if (before !== undefined) operations.push(...places(before).map(del));
    const key = rowKey(table, id);
    if (text === undefined) {
      operations.push(del(key));
      continue;
    }
    const after = { id, revision, value: JSON.parse(text) as Json };
    operations.push(put(key, JSON.stringify(after)), ...places(after).map((place) => put(place, key)));
  }
  await database.batch(operations, { sync: true });
  return revision;
}

/** Brings the rows that are there into indexes that are new, or that read their key elsewhere than before. */
async function grow(database: LevelDatabase, store: LevelStore, layout: StorageLayout): Promise<void> {
  const operations: LevelOperation[] = [];
  const grown: [table: string, index: string, pointer: string][] = [];
  for (const [table, { indexes }] of Object.entries(layout)) {
    const known = store.indexes.get(table);
    const fresh = Object.entries(indexes).filter(([index, pointer]) => known?.get(index) !== pointer);
    if (fresh.length === 0) continue;
    for (const [index] of fresh) {
      const stale = await database.iterator(within(entriesOf(table, index))).all();
      operations.push(...stale.map(([key]) => del(key)));
    }
    for (const [key, text] of await database.iterator(within(rowsOf(table))).all())
      operations.push(...placesOf(fresh, table, toRow(text)).map((place) => put(place, key)));
    grown.push(...fresh.map(([index, pointer]) => [table, index, pointer] as [string, string, string]));
  }
  if (grown.length === 0) return;
  operations.push(...grown.map(([table, index, pointer]) => put(indexKey(table, index), pointer)));
  await database.batch(operations, { sync: true });
  for (const [table, index, pointer] of grown) {
    const ofTable = store.indexes.get(table) ?? new Map<string, string>();
    store.indexes.set(table, ofTable.set(index, pointer));
  }
}

function indexMarks({ indexes }: LevelStore): LevelOperation[] {
  return [...indexes].flatMap(([table, ofTable]) =>
    [...ofTable].map(([index, pointer]) => put(indexKey(table, index), pointer)),
  );
}

/** The entries of a row in these indexes. */
function placesOf(
  indexes: Iterable<readonly [index: string, pointer: string]>,
  table: string,
  row: StoredRow,
): string[] {
  return [...indexes].flatMap(([index, pointer]) => {
    const key = keyAt(pointer)(row);
    return key === undefined ? [] : [entryKey(table, index, key, row.id)];
  });
}

function put(key: string, value: string): LevelOperation {
  return { type: 'put', key, value };
}

function del(key: string): LevelOperation {
  return { type: 'del', key };
}

function toRow(text = ''): StoredRow {
  try {
    return JSON.parse(text) as StoredRow;
  } catch (cause) {
    throw new SyncError('storage-corrupt', 'a row is no JSON any more, or is gone', { cause });
  }
}

function toDraft({ value, ...write }: StorageWrite): Draft {
  try {
    return { ...write, text: value === undefined ? undefined : JSON.stringify(value) };
  } catch (cause) {
    throw new SyncError('validation', `${write.table}/${write.id} is not JSON`, { cause });
  }
}

function assertOnce(refs: readonly RowRef[]): void {
  const keys = new Set(refs.map(({ table, id }) => rowKey(table, id)));
  if (keys.size < refs.length) throw new SyncError('validation', 'one commit writes a row twice');
}

function conflict(rows: readonly RowRef[]): SyncError {
  return new SyncError('storage-conflict', `${rows.length} rows were written by somebody else`, {
    hint: 'Read the rows again and decide again.',
    details: { rows: rows.map(({ table, id }) => ({ table, id })) },
  });
}
