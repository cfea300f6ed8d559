import type { RowMove } from './committer.js';

/** Hands the rows of each commit to those who watch their table. */
export class RowFeed {
  readonly #listeners = new Map<string, Set<(moves: readonly RowMove[]) => void>>();

  publish(moves: readonly RowMove[]): void {
    for (const [table, listeners] of this.#listeners) {
      const group = moves.filter((move) => move.table === table);
      if (group.length > 0) for (const listener of listeners) listener(group);
    }
  }

  listen(table: string, listener: (moves: readonly RowMove[]) => void): () => void {
    const listeners = this.#listeners.get(table) ?? new Set();
    this.#listeners.set(table, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(table);
    };
  }
}
