import type { OutboxEntry, OutboxState } from '../contracts/queue.js';
import { laneOf } from '../outbox/units.js';
import type { RowMove } from './committer.js';
import { tables } from './rows.js';

/** How many entries are in each state. */
export type StateCounts = Readonly<Record<OutboxState, number>>;

/** The outbox table in memory, in the order of writing; follows every commit of this tab and of the others. */
export class OutboxMirror {
  /** In the order of writing, but for entries that took an earlier one's place; `#sorted` knows. */
  readonly #entries = new Map<string, OutboxEntry>();
  #sorted: readonly OutboxEntry[] | undefined = [];
  #lastOrder = 0;
  #inOrder = true;
  readonly #counts = { pending: 0, accepted: 0, contested: 0, conflict: 0, dead: 0 };
  /** Written since this client was opened. */
  readonly #own = new Set<string>();
  /** Grows only; being too careful costs a compaction. */
  readonly #dependedOn = new Set<string>();
  readonly #listeners = new Set<(moved: readonly MirrorMove[]) => void>();

  /** Takes over the rows of the outbox among `moves`, then tells the listeners what changed. */
  follow(moves: readonly RowMove[]): void {
    const moved: MirrorMove[] = [];
    for (const { table, id, value } of moves) {
      if (table !== tables.outbox) continue;
      const after = value as unknown as OutboxEntry | undefined;
      moved.push({ id, before: this.#replace(id, after), after });
    }
    if (moved.length === 0) return;
    this.#sorted = undefined;
    for (const listener of this.#listeners) listener(moved);
  }

  listen(listener: (moved: readonly MirrorMove[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(id: string): OutboxEntry | undefined {
    return this.#entries.get(id);
  }

  /** In the order of writing. */
  entries(): readonly OutboxEntry[] {
    if (this.#sorted === undefined) {
      const entries = [...this.#entries.values()];
      this.#sorted = this.#inOrder ? entries : entries.sort((a, b) => a.order - b.order);
    }
    return this.#sorted;
  }

  lane(entity: string, entityId: string): readonly OutboxEntry[] {
    const lane = laneOf({ entity, entityId });
    return this.entries().filter(({ operation }) => laneOf(operation) === lane);
  }

  /** Whether an operation that waits was written to follow this one. */
  hasDependants(id: string): boolean {
    return this.#dependedOn.has(id);
  }

  /**
   * Whether this client has written it since it was opened. An older one may stand in a copy of the store too, under
   * the same id, and must not come to mean something else here.
   */
  isOwn(id: string): boolean {
    return this.#own.has(id);
  }

  claim(id: string): void {
    this.#own.add(id);
  }

  get counts(): StateCounts {
    return this.#counts;
  }

  /** Wall-clock time of the oldest write that waits to be sent, ms. */
  get oldestPendingAt(): number | undefined {
    if (this.#counts.pending + this.#counts.contested === 0) return undefined;
    for (const { state, enqueuedAt } of this.#entries.values()) {
      if (state === 'pending' || state === 'contested') return enqueuedAt;
    }
    return undefined;
  }

  get size(): number {
    return this.#entries.size;
  }

  #replace(id: string, after: OutboxEntry | undefined): OutboxEntry | undefined {
    const before = this.#entries.get(id);
    if (before !== undefined) this.#counts[before.state]--;
    if (after === undefined) {
      this.#entries.delete(id);
      this.#own.delete(id);
      if (this.#entries.size === 0) this.#inOrder = true;
      return before;
    }
    this.#counts[after.state]++;
    for (const needed of after.operation.dependsOn ?? []) this.#dependedOn.add(needed);
    if (before === undefined && after.order < this.#lastOrder && this.#entries.size > 0)
      this.#inOrder = false;
    this.#lastOrder = Math.max(this.#lastOrder, after.order);
    this.#entries.set(id, after);
    return before;
  }
}

/** One entry of the outbox before and after a commit. */
export interface MirrorMove {
  readonly id: string;
  readonly before: OutboxEntry | undefined;
  readonly after: OutboxEntry | undefined;
}
