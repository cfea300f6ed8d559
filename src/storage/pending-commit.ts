import type { Json } from '../contracts/json.js';
import type { RowRef, RowRevision, RowTemplate, StorageWrite } from '../contracts/storage.js';
import { SyncError } from '../errors.js';
import type { Resident } from './resident.js';
import type { StoredChange, TableChange } from './row-codec.js';

/** A commit that waits for its place in the log. Its text is made when it is issued, and never again. */
export class PendingCommit {
  readonly changes: readonly TableChange[];
  readonly text: string;
  readonly #conditions: readonly RowRevision[];

  /** Throws `validation` for two writes to one row, and for values that are not JSON. */
  constructor(writes: readonly StorageWrite[], reads: readonly RowRevision[]) {
    const groups = group(writes);
    this.changes = groups.map(({ table, puts, deletes }) => [table, puts, deletes]);
    this.text = toText(
      groups.map(({ table, puts, kept, deletes, by, from }) => {
        const sources = groups.find((other) => other.table === by?.of && other.deletes.length === 0);
        return by !== undefined && sources !== undefined && from.every((id) => sources.ids.has(id))
          ? [table, kept, deletes, by, from]
          : [table, puts, deletes];
      }),
    );
    const conditions = [...reads];
    for (const { table, id, ifRevision } of writes)
      if (ifRevision !== undefined) conditions.push({ table, id, revision: ifRevision });
    this.#conditions = conditions;
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

/** The writes to one table. */
interface Group {
  readonly table: string;
  readonly ids: Set<string>;
  readonly puts: Json[];
  /** Those of the puts that do not follow from other rows, and how and from which ones the rest does. */
  readonly kept: Json[];
  by?: RowTemplate | undefined;
  readonly from: string[];
  readonly deletes: string[];
}

function group(writes: readonly StorageWrite[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { table, id, value, derived } of writes) {
    let part = groups.get(table);
    if (part === undefined)
      groups.set(table, (part = { table, ids: new Set(), puts: [], kept: [], from: [], deletes: [] }));
    if (part.ids.size === part.ids.add(id).size) {
      throw new SyncError('validation', `one commit writes ${table}/${id} twice`, {
        hint: 'Write each row once.',
      });
    }
    if (value === undefined) {
      part.deletes.push(id);
      continue;
    }
    part.puts.push(id, value);
    part.by ??= derived?.by;
    if (derived !== undefined && derived.by === part.by) part.from.push(derived.from);
    else part.kept.push(id, value);
  }
  return [...groups.values()];
}

function toText(changes: readonly StoredChange[]): string {
  try {
    return JSON.stringify(changes);
  } catch (cause) {
    throw new SyncError('validation', 'a row is not JSON', { cause });
  }
}

function rowKey(table: string, id: string): string {
  return `${table}\n${id}`;
}
