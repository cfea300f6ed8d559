import type { Json } from '../contracts/json.js';
import type { RowRef, RowRevision, RowTemplate, StorageWrite } from '../contracts/storage.js';
import { SyncError } from '../errors.js';
import type { Resident } from './resident.js';
import type { StoredChange, TableChange } from './row-codec.js';

/** A commit that waits for its place in the log. Its text is made when it is issued, and never again. */
export class PendingCommit {
  readonly changes: readonly TableChange[];
  readonly text: string;
  readonly #writes: readonly StorageWrite[];
  readonly #reads: readonly RowRevision[];

  /** Throws `validation` for two writes to one row, and for values that are not JSON. */
  constructor(writes: readonly StorageWrite[], reads: readonly RowRevision[]) {
    const groups = group(writes);
    this.changes = groups.map(whole);
    this.text = toText(groups.map((each) => stored(each, groups)));
    this.#writes = writes;
    this.#reads = reads;
  }

  /** Rows whose condition does not hold in these tables. */
  failing(resident: Resident): RowRef[] {
    const failing: RowRef[] = [];
    const check = (row: RowRef, revision: number) => {
      if ((resident.find(row.table)?.rows.get(row.id)?.revision ?? 0) !== revision) failing.push(row);
    };
    for (const read of this.#reads) check(read, read.revision);
    for (const write of this.#writes) if (write.ifRevision !== undefined) check(write, write.ifRevision);
    return failing;
  }

  /** Whether a condition is about a row in this set, which holds what `addRows` put there. */
  dependsOn(rows: ReadonlySet<string>): boolean {
    const isIn = ({ table, id }: RowRef) => rows.has(rowKey(table, id));
    return (
      this.#reads.some(isIn) || this.#writes.some((write) => write.ifRevision !== undefined && isIn(write))
    );
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
  /** Puts that follow from values by one template, and from which values they do. */
  readonly derived: Json[];
  by?: RowTemplate | undefined;
  readonly from: (readonly Json[])[];
  readonly deletes: string[];
}

function group(writes: readonly StorageWrite[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { table, id, value, derived } of writes) {
    let part = groups.get(table);
    if (part === undefined)
      groups.set(table, (part = { table, ids: new Set(), puts: [], derived: [], from: [], deletes: [] }));
    if (part.ids.size === part.ids.add(id).size) {
      throw new SyncError('validation', `one commit writes ${table}/${id} twice`, {
        hint: 'Write each row once.',
      });
    }
    part.by ??= derived?.by;
    if (value === undefined) part.deletes.push(id);
    else if (derived === undefined || derived.by !== part.by) part.puts.push(id, value);
    else {
      part.derived.push(id, value);
      part.from.push(derived.from);
    }
  }
  return [...groups.values()];
}

function whole({ table, puts, derived, deletes }: Group): TableChange {
  return [table, derived.length === 0 ? puts : puts.concat(derived), deletes];
}

function stored({ table, puts, deletes, by, from }: Group, groups: readonly Group[]): StoredChange {
  if (by === undefined || from.length === 0) return [table, puts, deletes];
  const first = groups.find((other) => isSame(from, other.from));
  return [table, puts, deletes, by, first === undefined || first.table === table ? from : first.table];
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((each, at) => each === others[at]);
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
