import type { OutboxEntry } from '../contracts/queue.js';
import type { Transaction } from './committer.js';
import { readMeta } from './meta.js';
import type { OutboxMirror } from './mirror.js';
import { tables } from './rows.js';

/** The rows of the outbox as one unit of work leaves them, until it writes them back. */
export class OutboxRows {
  readonly #transaction: Transaction;
  /** `undefined`: the row goes. */
  readonly #changed = new Map<string, OutboxEntry | undefined>();
  readonly #inserted = new Set<string>();
  /** Operation → what carries it on. */
  readonly #successors = new Map<string, string>();

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  /** As it was written here. */
  get(id: string): OutboxEntry | undefined {
    return this.#changed.get(id);
  }

  put(entry: OutboxEntry): void {
    this.#changed.set(entry.operation.id, entry);
  }

  insert(entry: OutboxEntry): void {
    if (!this.#changed.has(entry.operation.id)) this.#inserted.add(entry.operation.id);
    this.put(entry);
  }

  drop(id: string): void {
    this.#changed.set(id, undefined);
  }

  /** Puts a row in the place of another; what depended on that one will depend on this. */
  succeed(id: string, successor: OutboxEntry): void {
    this.insert(successor);
    this.drop(id);
    this.#successors.set(id, successor.operation.id);
  }

  /** Whether it may wait to be sent, as far as is known here. */
  mayWait(id: string): boolean {
    return !this.#changed.has(id) || this.#changed.get(id)?.state === 'pending';
  }

  /**
   * All of them, in the order of writing. The mirror does not know yet what was written for the same commit, and what is
   * dropped is there until it is written back.
   */
  async entries(): Promise<OutboxEntry[]> {
    const rows = await this.#transaction.all(tables.outbox);
    const own = [...this.#inserted].filter((id) => !rows.has(id)).map((id) => this.get(id));
    const present = [...rows].map(([id, entry]) => this.get(id) ?? entry);
    return [...present, ...own.filter((entry) => entry !== undefined)].sort((a, b) => a.order - b.order);
  }

  async store(mirror: OutboxMirror): Promise<void> {
    await this.#redirect(mirror);
    for (const [id, entry] of this.#changed) {
      if (this.#inserted.has(id)) {
        if (entry !== undefined) this.#transaction.insert(tables.outbox, id, entry);
      } else if (entry === undefined) this.#transaction.delete(tables.outbox, id);
      else this.#transaction.put(tables.outbox, id, entry);
    }
  }

  /** What depended on a replaced operation depends on its successor. */
  async #redirect(mirror: OutboxMirror): Promise<void> {
    if (this.#successors.size === 0) return;
    await readMeta(this.#transaction, 'replica');
    const dependants = mirror
      .entries()
      .filter(({ operation }) => operation.dependsOn?.some((id) => this.#successors.has(id)) === true)
      .map(({ operation }) => operation.id)
      .filter((id) => this.get(id) !== undefined || !this.#changed.has(id));
    const rows = await this.#transaction.get(tables.outbox, dependants);
    dependants.forEach((id, at) => {
      const entry = this.get(id) ?? rows[at];
      if (entry === undefined) return;
      const dependsOn = (entry.operation.dependsOn ?? []).map(
        (needed) => this.#successors.get(needed) ?? needed,
      );
      this.put({ ...entry, operation: { ...entry.operation, dependsOn } });
    });
  }
}
