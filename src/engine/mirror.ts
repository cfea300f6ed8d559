import type { OutboxEntry } from '../contracts/queue.js';
import { laneOf } from '../outbox/units.js';
import type { RowMove } from './committer.js';
import { tables } from './rows.js';

/** The outbox table in memory, in the order of writing; follows every commit of this tab and of the others. */
export class OutboxMirror {
  readonly #entries = new Map<string, OutboxEntry>();
  /** Grows only; being too careful costs a compaction. */
  readonly #dependedOn = new Set<string>();
  #sorted: readonly OutboxEntry[] | undefined = [];
  readonly #listeners = new Set<(moved: readonly MirrorMove[]) => void>();

  /** Takes over the rows of the outbox among `moves`, then tells the listeners what changed. */
  follow(moves: readonly RowMove[]): void {
    const moved: MirrorMove[] = [];
    for (const { table, id, value } of moves) {
      if (table !== tables.outbox) continue;
      const after = value as unknown as OutboxEntry | undefined;
      const before = this.#entries.get(id);
      if (after === undefined) this.#entries.delete(id);
      else this.#entries.set(id, after);
      for (const needed of after?.operation.dependsOn ?? []) this.#dependedOn.add(needed);
      moved.push({ id, before, after });
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
    return (this.#sorted ??= [...this.#entries.values()].sort((a, b) => a.order - b.order));
  }

  lane(entity: string, entityId: string): readonly OutboxEntry[] {
    const lane = laneOf({ entity, entityId });
    return this.entries().filter(({ operation }) => laneOf(operation) === lane);
  }

  /** Whether an operation that waits was written to follow this one. */
  hasDependants(id: string): boolean {
    return this.#dependedOn.has(id);
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** One entry of the outbox before and after a commit. */
export interface MirrorMove {
  readonly id: string;
  readonly before: OutboxEntry | undefined;
  readonly after: OutboxEntry | undefined;
}
