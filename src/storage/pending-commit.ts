import type { Json } from '../contracts/json.js';
import type { RowRef, RowRevision, StorageWrite } from '../contracts/storage.js';
import { SyncError } from '../errors.js';
import type { Resident } from './resident.js';
import type { TableChange } from './row-codec.js';

/** A commit that waits for its place in the log. Its text is made when it is issued, and never again. */
export class PendingCommit {
  readonly changes: readonly TableChange[];
  readonly text: string;
  readonly #conditions: readonly RowRevision[];

  /** Throws `validation` for two writes to one row, and for values that are not JSON. */
  constructor(writes: readonly StorageWrite[], reads: readonly RowRevision[]) {
    this.changes = group(writes);
    this.text = toText(this.changes);
    const guarded = writes.flatMap(({ table, id, ifRevision }) =>
      ifRevision === undefined ? [] : [{ table, id, revision: ifRevision }],
    );
    this.#conditions = [...guarded, ...reads];
  }

  /** Rows whose condition does not hold in these tables. */
  failing(resident: Resident): RowRef[] {
    return this.#conditions
      .filter(({ table, id, revision }) => (resident.find(table)?.rows.get(id)?.revision ?? 0) !== revision)
      .map(({ table, id }) => ({ table, id }));
  }

  /** Whether a condition is about a row in this set, which holds what `addRows` put there. */
  dependsOn(rows: ReadonlySet<string>): boolean {
    return this.#conditions.some(({ table, id }) => rows.has(rowKey(table, id)));
  }

  addRows(rows: Set<string>): void {
    for (const [table, puts, deletes] of this.changes) {
      for (let at = 0; at < puts.length; at += 2) rows.add(rowKey(table, puts[at] as string));
      for (const id of deletes) rows.add(rowKey(table, id));
    }
  }
}

function group(writes: readonly StorageWrite[]): TableChange[] {
  const groups = new Map<string, { puts: Json[]; deletes: string[]; ids: Set<string> }>();
  for (const { table, id, value } of writes) {
    let part = groups.get(table);
    if (part === undefined) groups.set(table, (part = { puts: [], deletes: [], ids: new Set() }));
    if (part.ids.has(id)) {
      throw new SyncError('validation', `one commit writes ${table}/${id} twice`, {
        hint: 'Write each row once.',
      });
    }
    part.ids.add(id);
    if (value === undefined) part.deletes.push(id);
    else part.puts.push(id, value);
  }
  return Array.from(groups, ([table, { puts, deletes }]) => [table, puts, deletes]);
}

function toText(changes: readonly TableChange[]): string {
  try {
    return JSON.stringify(changes);
  } catch (cause) {
    throw new SyncError('validation', 'a row is not JSON', { cause });
  }
}

function rowKey(table: string, id: string): string {
  return `${table}\n${id}`;
}
