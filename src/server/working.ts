import type { SyncRecord } from '../contracts/operation.js';
import type { RecordKey, ServerRecord, StoreTransaction } from '../contracts/server-store.js';
import { fieldSeqsAfter } from './field-seqs.js';

interface Target {
  readonly entity: string;
  readonly entityId: string;
}

/** The records of one batch while it is being taken in. */
export class Working {
  readonly #stored: ReadonlyMap<string, ServerRecord>;
  /** What became of each record, state by state. */
  readonly #changed: Map<string, SyncRecord[]>;
  readonly #parent: Working | undefined;

  private constructor(stored: ReadonlyMap<string, ServerRecord>, parent?: Working) {
    this.#stored = stored;
    this.#changed = new Map();
    this.#parent = parent;
  }

  /** Loads every record the operations speak of, in one call. */
  static async load(transaction: StoreTransaction, operations: readonly Target[]): Promise<Working> {
    const keys = new Map<string, RecordKey>();
    for (const { entity, entityId } of operations)
      keys.set(keyOf({ entity, entityId }), { entity, id: entityId });
    const loaded = await transaction.load([...keys.values()]);
    const stored = new Map<string, ServerRecord>();
    [...keys.keys()].forEach((key, at) => {
      const record = loaded[at];
      if (record !== undefined) stored.set(key, record);
    });
    return new Working(stored);
  }

  keyOf(target: Target): string {
    return keyOf(target);
  }

  record(target: Target): SyncRecord | undefined {
    return this.#at(keyOf(target));
  }

  put(record: SyncRecord): void {
    this.#add(keyOf({ entity: record.entity, entityId: record.id }), [record]);
  }

  /** A layer whose records count only after its `commit`. */
  draft(): Working {
    return new Working(this.#stored, this);
  }

  commit(): void {
    const parent = this.#parent;
    if (parent !== undefined) for (const [key, states] of this.#changed) parent.#add(key, states);
  }

  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** What is to be saved, all of it at one place of the space's order. */
  saved(seq: number): ServerRecord[] {
    return [...this.#changed].flatMap(([key, states]) => {
      let record = this.#stored.get(key);
      // State by state: a replica may hold one in between, with a field that was changed and then changed back.
      for (const state of states) record = { ...state, seq, fieldSeqs: fieldSeqsAfter(record, state, seq) };
      return record ?? [];
    });
  }

  #add(key: string, states: readonly SyncRecord[]): void {
    this.#changed.set(key, [...(this.#changed.get(key) ?? []), ...states]);
  }

  #at(key: string): SyncRecord | undefined {
    const changed = this.#changed.get(key)?.at(-1);
    if (changed !== undefined) return changed;
    if (this.#parent !== undefined) return this.#parent.#at(key);
    const stored = this.#stored.get(key);
    return stored === undefined ? undefined : plainRecord(stored);
  }
}

/** The record without what only the server keeps. */
export function plainRecord({ seq: _, fieldSeqs: __, ...record }: ServerRecord): SyncRecord {
  return record;
}

/** Entity names hold no slash, so no two records share a key. */
function keyOf({ entity, entityId }: Target): string {
  return `${entity}/${entityId}`;
}
