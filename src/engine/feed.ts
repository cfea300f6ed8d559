import type { RowMove } from './committer.js';

/** Hands the rows of each commit to those who watch their table. */
export class RowFeed {
  readonly #listeners = new Map<string, Set<(moves: readonly RowMove[]) => void>>();

  publish(moves: readonly RowMove[]): void {
    const byTable = new Map<string, RowMove[]>();
    for (const move of moves) {
      if (!this.#listeners.has(move.table)) continue;
      const group = byTable.get(move.table);
      if (group === undefined) byTable.set(move.table, [move]);
      else group.push(move);
    }
    for (const [table, group] of byTable)
      for (const listener of this.#listeners.get(table) ?? []) listener(group);
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
