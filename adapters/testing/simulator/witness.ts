import {
  logStorage,
  type Json,
  type OutboxEntry,
  type RowRef,
  type StorageAdapter,
  type SyncRecord,
} from 'syncline';
import { memoryDevice, type MemoryStore } from 'syncline/storage/memory';
import { catalogue } from './catalogue.js';
import { keyOf } from './hub.js';

/** A row of a record table, as a client stores it. */
export interface StoredLane {
  readonly view: SyncRecord;
  /** Absent: the view itself. `null`: the server holds nothing yet. */
  readonly base?: SyncRecord | null;
  readonly pending?: readonly string[];
}

/** What one look found changed. */
export interface Moves {
  /** Keys of records. */
  readonly lanes: readonly string[];
  readonly entries: readonly {
    readonly id: string;
    readonly before: OutboxEntry | undefined;
    readonly after: OutboxEntry | undefined;
  }[];
}

/** Reads a device's store beside its tabs: what is durable, whatever a tab believes. */
export class Witness {
  readonly lanes = new Map<string, StoredLane>();
  readonly outbox = new Map<string, OutboxEntry>();
  /** Operations that would be sent again to a restored server, by slot. */
  readonly history = new Map<string, OutboxEntry>();
  /** Ids that left the history to make room. */
  readonly forgotten = new Set<string>();
  /** Which of the server's epochs this device follows, counted from 1. */
  epoch = 1;
  readonly #storage: StorageAdapter;
  readonly #store: MemoryStore;
  #ring: () => void = () => undefined;
  #moved: RowRef[] = [];

  constructor(store: MemoryStore) {
    this.#store = store;
    this.#storage = logStorage(memoryDevice(store), { compactAfter: Infinity });
  }

  async open(): Promise<void> {
    const tables = ['meta', 'outbox', 'history', ...catalogue.map(({ name }) => `record:${name}`)];
    const layout = Object.fromEntries(tables.map((name) => [name, { indexes: {} }]));
    await this.#storage.open(layout, { changed: (rows) => this.#moved.push(...rows) });
    const [bell] = this.#store.bells;
    if (bell !== undefined) this.#ring = bell;
    // It is rung when an entry is stored, not when the writer gets round to it.
    this.#store.bells.clear();
  }

  /** Something was stored. */
  ring(): void {
    this.#ring();
  }

  /** What moved since the last look; `undefined` when nothing did. */
  async look(): Promise<Moves | undefined> {
    if (this.#moved.length === 0) return undefined;
    const refs = this.#moved;
    this.#moved = [];
    const lanes: string[] = [];
    const entries: { id: string; before: OutboxEntry | undefined; after: OutboxEntry | undefined }[] = [];
    for (const { table, id } of refs) {
      const [row] = await this.#storage.get(table, [id]);
      const value = row?.value;
      if (table === 'outbox') {
        const after = value as unknown as OutboxEntry | undefined;
        entries.push({ id, before: this.outbox.get(id), after });
        set(this.outbox, id, after);
      } else if (table === 'history') this.#remember(id, value);
      else if (table === 'meta') {
        if (id === 'sync')
          this.epoch = Number(
            (value as { readonly epoch?: string } | undefined)?.epoch?.slice('epoch-'.length) ?? this.epoch,
          );
      } else {
        const key = keyOf(table.slice('record:'.length), id);
        set(this.lanes, key, value as unknown as StoredLane | undefined);
        lanes.push(key);
      }
    }
    return { lanes, entries };
  }

  #remember(slot: string, value: Json | undefined): void {
    const after = (value as unknown as { readonly entry: OutboxEntry } | undefined)?.entry;
    const before = this.history.get(slot);
    if (before !== undefined && after !== undefined && before.operation.id !== after.operation.id)
      this.forgotten.add(before.operation.id);
    set(this.history, slot, after);
  }
}

/** What the server is known to hold of a record. */
export function baseOf(lane: StoredLane | undefined): SyncRecord | undefined {
  return lane === undefined || lane.base === null ? undefined : (lane.base ?? lane.view);
}

function set<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
