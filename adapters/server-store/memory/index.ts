/**
 * A server store for tests, demos and simulations.
 *
 * @module syncline/server-store/memory
 */
import { SyncError } from 'syncline';
import type { RecordKey, ServerRecord, ServerStore, StoredOutcome, StoreTransaction } from 'syncline/server';
import { keyOf, MemorySpace } from './space.js';

export interface MemoryStoreOptions {
  /** Identities of copies of the data. Default: random UUIDs. */
  readonly newEpoch?: () => string;
  /** Called around each commit; what throws before it undoes the work, what throws after it only loses the answer. */
  readonly faults?: {
    beforeCommit?(space: string): void;
    afterCommit?(space: string): void;
  };
}

/** Everything a store held at one moment. */
export interface MemorySnapshot {
  readonly spaces: ReadonlyMap<string, MemorySpace>;
}

export interface MemoryServerStore extends ServerStore {
  /** A backup. */
  snapshot(): MemorySnapshot;
  /** Puts a backup in the place of everything, under a new epoch. */
  restore(snapshot: MemorySnapshot): void;
}

/**
 * A server store for tests, demos and simulations: nothing outlives the process.
 *
 * @example
 * ```ts
 * import { createSyncServer } from 'syncline/server';
 * import { memoryStore } from 'syncline/server-store/memory';
 *
 * const server = createSyncServer({ entities: [], store: memoryStore(), mode: 'development' });
 * await server.close();
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryServerStore {
  const { newEpoch = () => crypto.randomUUID(), faults = {} } = options;
  const queues = new Map<string, Promise<unknown>>();
  let spaces = new Map<string, MemorySpace>();
  let epoch = newEpoch();
  let isClosed = false;

  const refuseClosed = () => {
    if (isClosed) throw new SyncError('storage-closed', 'the store is closed');
  };
  const spaceAt = (name: string): MemorySpace => {
    refuseClosed();
    let space = spaces.get(name);
    if (space === undefined) spaces.set(name, (space = new MemorySpace()));
    return space;
  };

  async function run<T>(name: string, work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const space = spaceAt(name);
    const draft = new Draft(space);
    const value = await work(draft);
    faults.beforeCommit?.(name);
    if (spaceAt(name) !== space) throw new SyncError('storage-conflict', 'a backup was restored meanwhile');
    space.apply(draft.head, draft.records.values(), draft.outcomes.values());
    faults.afterCommit?.(name);
    return value;
  }

  /** One writer of a space after the other. */
  function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (queues.get(name) ?? Promise.resolve()).then(work, work);
    queues.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  }

  return {
    async epoch() {
      refuseClosed();
      return epoch;
    },
    transact: (name, work) => inTurn(name, () => run(name, work)),
    changesSince: async (name, query) => spaceAt(name).changesSince(query),
    compact: (name, { seq, outcomesBefore }) =>
      inTurn(name, async () => spaceAt(name).compact(seq, outcomesBefore)),
    async bounds(name) {
      const { head, horizon } = spaceAt(name);
      return { head, horizon };
    },
    outcomes: async (name, query) => spaceAt(name).outcomesAfter(query),
    async close() {
      isClosed = true;
    },
    snapshot: () => ({ spaces: copied(spaces) }),
    restore(snapshot) {
      spaces = copied(snapshot.spaces);
      epoch = newEpoch();
    },
  };
}

/** What a unit of work wants to change, until it is committed. */
class Draft implements StoreTransaction {
  head: number;
  readonly records = new Map<string, ServerRecord>();
  readonly outcomes = new Map<string, StoredOutcome>();

  constructor(readonly space: MemorySpace) {
    this.head = space.head;
  }

  async load(keys: readonly RecordKey[]): Promise<(ServerRecord | undefined)[]> {
    return keys.map((key) => this.records.get(keyOf(key)) ?? this.space.records.get(keyOf(key)));
  }

  async seq(): Promise<number> {
    this.head = this.space.head + 1;
    return this.head;
  }

  async save(records: readonly ServerRecord[]): Promise<void> {
    for (const record of records) this.records.set(keyOf(record), record);
  }

  async findOutcomes(operationIds: readonly string[]): Promise<Map<string, StoredOutcome>> {
    const found = new Map<string, StoredOutcome>();
    for (const id of operationIds) {
      const outcome = this.outcomes.get(id) ?? this.space.outcomes.get(id);
      if (outcome !== undefined) found.set(id, outcome);
    }
    return found;
  }

  async recordOutcomes(outcomes: readonly StoredOutcome[]): Promise<void> {
    for (const outcome of outcomes) this.outcomes.set(outcome.operation.id, outcome);
  }
}

function copied(spaces: ReadonlyMap<string, MemorySpace>): Map<string, MemorySpace> {
  return new Map([...spaces].map(([name, space]) => [name, space.copy()]));
}
