import { SyncError, type Runtime, type SyncRecord } from 'syncline';
import {
  createSyncServer,
  type ServerRecord,
  type ServerStore,
  type StoredOutcome,
  type StoreTransaction,
  type SyncServer,
} from 'syncline/server';
import { memoryStore, type MemorySnapshot } from 'syncline/server-store/memory';
import { FaultQueue, type FaultKind } from './faults.js';
import type { Surroundings } from './surroundings.js';

/** What one transaction of the server changed. */
export interface Commit {
  readonly records: readonly { readonly before: SyncRecord | undefined; readonly after: SyncRecord }[];
  /** Each with what was answered to the same operation before. */
  readonly outcomes: readonly {
    readonly outcome: StoredOutcome;
    readonly known: StoredOutcome | undefined;
  }[];
}

/** All that the server holds, by an observer who forgets nothing that the server may forget. */
export interface Holdings {
  readonly records: ReadonlyMap<string, SyncRecord>;
  readonly outcomes: ReadonlyMap<string, StoredOutcome>;
}

/** Answers and deletes older than this are dropped when the server is compacted. */
const keptMs = 15 * 60_000;

const beforeCommit: ReadonlySet<FaultKind> = new Set<FaultKind>(['server-stop-before-commit']);
const afterCommit: ReadonlySet<FaultKind> = new Set<FaultKind>(['server-stop-after-commit']);

/** The server with its store, stopped, restored and compacted at will, and watched at each commit. */
export class Hub {
  readonly faults: FaultQueue;
  readonly server: Pick<SyncServer, 'push' | 'pull'>;
  downUntil = 0;
  epochs = 1;
  #records = new Map<string, SyncRecord>();
  #outcomes = new Map<string, StoredOutcome>();
  #backup: { readonly snapshot: MemorySnapshot; readonly holdings: Holdings } | undefined;
  #stops = 0;
  readonly #around: Surroundings;
  readonly #store;
  readonly #full: SyncServer;
  readonly #committed: (commit: Commit) => void;
  #draft: { records: readonly ServerRecord[]; outcomes: readonly StoredOutcome[] } = {
    records: [],
    outcomes: [],
  };

  constructor(around: Surroundings, committed: (commit: Commit) => void) {
    this.#around = around;
    this.#committed = committed;
    this.faults = new FaultQueue(around.counts);
    this.#store = memoryStore({
      newEpoch: () => `epoch-${this.epochs++}`,
      faults: {
        beforeCommit: () => this.#stopAt(beforeCommit),
        afterCommit: () => {
          this.#note();
          this.#stopAt(afterCommit);
        },
      },
    });
    const runtime: Runtime = {
      now: () => Math.floor(around.clock.now),
      random: () => around.random.next(),
      uuid: () => around.newId(around.clock.now),
      setTimer: (delayMs, callback) => around.clock.after(delayMs, callback),
    };
    this.#full = createSyncServer({
      entities: around.entities
        .filter(({ decidedBy }) => decidedBy === 'server')
        .map(({ definition }) => definition),
      store: this.#watched(this.#store),
      authorize: ({ operation }) => {
        const isRefused = operation?.meta?.['refuse'] === true;
        if (isRefused) this.faults.count('write-refused');
        return !isRefused;
      },
      unknownEntities: 'compare',
      limits: { keptMs },
      runtime,
    });
    this.server = {
      push: (identity, request) => this.#answer(() => this.#full.push(identity, request)),
      pull: (identity, request) => this.#answer(() => this.#full.pull(identity, request)),
    };
  }

  get holdings(): Holdings {
    return { records: this.#records, outcomes: this.#outcomes };
  }

  backUp(): void {
    const holdings = { records: new Map(this.#records), outcomes: new Map(this.#outcomes) };
    this.#backup = { snapshot: this.#store.snapshot(), holdings };
  }

  /** Answers whether there was a backup. */
  restore(): boolean {
    if (this.#backup === undefined) return false;
    const { snapshot, holdings } = this.#backup;
    this.#store.restore(snapshot);
    this.#records = new Map(holdings.records);
    this.#outcomes = new Map(holdings.outcomes);
    return true;
  }

  async compact(): Promise<void> {
    await this.#full.compact();
    const { spaces } = this.#store.snapshot();
    for (const key of this.#records.keys()) {
      if (spaces.get('default')?.records.has(key) !== true) this.#records.delete(key);
    }
  }

  #stopAt(kinds: ReadonlySet<FaultKind>): void {
    const struck = this.faults.strike(kinds);
    if (struck === undefined) return;
    this.#around.timeline.add(() => ({ kind: 'fault', text: struck.fault }));
    this.#stops++;
    throw new Error('the server stopped');
  }

  /** What a stopped server was about to say is never heard. */
  async #answer<T>(call: () => Promise<T>): Promise<T> {
    const stops = this.#stops;
    try {
      return await call();
    } catch (error) {
      if (this.#stops === stops) throw error;
      throw new SyncError('network', 'the server stopped', { cause: error });
    }
  }

  #watched(store: ServerStore): ServerStore {
    return {
      ...store,
      transact: (space, work) =>
        store.transact(space, (transaction) => {
          const draft = { records: [] as ServerRecord[], outcomes: [] as StoredOutcome[] };
          this.#draft = draft;
          const watched: StoreTransaction = {
            load: (keys) => transaction.load(keys),
            seq: () => transaction.seq(),
            findOutcomes: (ids) => transaction.findOutcomes(ids),
            save: (records) => {
              draft.records.push(...records);
              return transaction.save(records);
            },
            recordOutcomes: (outcomes) => {
              // What is kept for an operation that another one has carried on was not sent.
              draft.outcomes.push(...outcomes.filter(({ operation: { id, replaces } }) => id !== replaces));
              return transaction.recordOutcomes(outcomes);
            },
          };
          return work(watched);
        }),
    };
  }

  #note(): void {
    const { records, outcomes } = this.#draft;
    this.#draft = { records: [], outcomes: [] };
    if (records.length === 0 && outcomes.length === 0) return;
    const changed = records.map(({ seq: _, fieldSeqs: __, ...after }) => {
      const key = keyOf(after.entity, after.id);
      const before = this.#records.get(key);
      this.#records.set(key, after);
      return { before, after };
    });
    const fresh = outcomes.map((outcome) => {
      const known = this.#outcomes.get(outcome.operation.id);
      this.#outcomes.set(outcome.operation.id, outcome);
      return { outcome, known };
    });
    this.#committed({ records: changed, outcomes: fresh });
  }
}

/** Key of a record, here and in the server's store. */
export function keyOf(entity: string, id: string): string {
  return `${entity}/${id}`;
}
