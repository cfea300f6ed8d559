import type {
  ChangesQuery,
  OutcomesQuery,
  RecordedOutcome,
  RecordKey,
  ServerRecord,
  StoredOutcome,
} from 'syncline/server';

/** One space in memory. Rows are never altered, only replaced, so a copy of the tables is a snapshot. */
export class MemorySpace {
  head = 0;
  horizon = 0;
  /** Record by key, in the order of seq: a record that changes goes to the end. */
  records = new Map<string, ServerRecord>();
  outcomes = new Map<string, RecordedOutcome>();
  recorded = 0;
  /** Record keys by seq; an entry counts only while its record still has that seq. */
  #log: { readonly seq: number; readonly key: string }[] = [];

  apply(head: number, records: Iterable<ServerRecord>, outcomes: Iterable<StoredOutcome>): void {
    this.head = head;
    for (const record of records) {
      const key = keyOf(record);
      this.records.set(key, record);
      this.#log.push({ seq: record.seq, key });
    }
    for (const outcome of outcomes)
      this.outcomes.set(outcome.operation.id, { ...outcome, index: ++this.recorded, seq: head });
    if (this.#log.length > 64 + 2 * this.records.size)
      this.#log = this.#log.filter((entry) => this.#isCurrent(entry));
  }

  changesSince({ after, entities, limit }: ChangesQuery): { records: ServerRecord[]; remaining: number } {
    const wanted = entities === undefined ? undefined : new Set(entities);
    const records: ServerRecord[] = [];
    let remaining = 0;
    for (let at = this.#firstAfter(after); at < this.#log.length; at++) {
      const entry = this.#log[at]!;
      const record = this.records.get(entry.key);
      if (record?.seq !== entry.seq || wanted?.has(record.entity) === false) continue;
      if (remaining > 0 || (records.length >= limit && records.at(-1)?.seq !== record.seq)) remaining++;
      else records.push(record);
    }
    return { records, remaining };
  }

  outcomesAfter({ after, limit, status }: OutcomesQuery): RecordedOutcome[] {
    const found: RecordedOutcome[] = [];
    for (const outcome of this.outcomes.values()) {
      if (found.length >= limit) break;
      if (outcome.index > after && (status === undefined || outcome.result.status === status))
        found.push(outcome);
    }
    return found;
  }

  compact(seq: number, outcomesBefore: number): void {
    const horizon = Math.min(seq, this.head);
    for (const [key, record] of this.records) {
      if (record.deleted === true && record.seq <= horizon) this.records.delete(key);
    }
    for (const [id, outcome] of this.outcomes) if (outcome.at < outcomesBefore) this.outcomes.delete(id);
    this.horizon = Math.max(this.horizon, horizon);
    this.#log = this.#log.filter((entry) => this.#isCurrent(entry));
  }

  copy(): MemorySpace {
    const copy = new MemorySpace();
    copy.head = this.head;
    copy.horizon = this.horizon;
    copy.records = new Map(this.records);
    copy.outcomes = new Map(this.outcomes);
    copy.recorded = this.recorded;
    copy.#log = [...this.#log];
    return copy;
  }

  #isCurrent({ seq, key }: { readonly seq: number; readonly key: string }): boolean {
    return this.records.get(key)?.seq === seq;
  }

  #firstAfter(seq: number): number {
    let low = 0;
    for (let high = this.#log.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (this.#log[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Entity names hold no slash, so no two records share a key. */
export function keyOf({ entity, id }: RecordKey): string {
  return `${entity}/${id}`;
}
