import type { Json, OutboxEntry, SyncRecord } from 'syncline';
import { keyOf } from './hub.js';
import type { Source } from './source.js';

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

/** Knows what is durable on a device, whatever its tabs believe. */
export class Witness {
  readonly lanes = new Map<string, StoredLane>();
  readonly outbox = new Map<string, OutboxEntry>();
  /** Operations that would be sent again to a restored server, by slot. */
  readonly history = new Map<string, OutboxEntry>();
  /** Ids that left the history to make room. */
  readonly forgotten = new Set<string>();
  /** Which of the server's epochs this device follows, counted from 1. */
  epoch = 1;
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  async open(entities: readonly string[]): Promise<void> {
    const tables = ['meta', 'outbox', 'history', ...entities.map((name) => `record:${name}`)];
    await this.#source.open(Object.fromEntries(tables.map((name) => [name, { indexes: {} }])));
  }

  /** What moved since the last look; `undefined` when nothing did. */
  async look(): Promise<Moves | undefined> {
    const rows = await this.#source.moved();
    if (rows.length === 0) return undefined;
    const lanes: string[] = [];
    const entries: { id: string; before: OutboxEntry | undefined; after: OutboxEntry | undefined }[] = [];
    for (const { table, id, value } of rows) {
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
