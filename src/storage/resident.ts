import type { LogContents } from '../contracts/log-device.js';
import type { RowRef, StorageLayout } from '../contracts/storage.js';
import { decodeChunk, decodeEntry, type TableChange } from './row-codec.js';
import { Table } from './table.js';

/** Reserved table that keeps what could not be read: id is the place, value the damaged text. Always declared. */
export const quarantineTable = '$quarantine';

/** Commit numbers that an unreadable entry may have used; they are not used again. */
const numbersPerEntry = 1_000_000;

/** Something that could not be read. Without `text` it is not there at all. */
export interface Damage {
  readonly place: string;
  readonly text?: string;
}

/** What reading the log brought. */
export interface Reading {
  readonly damages: readonly Damage[];
  /** The last entry was cut short while it was written, and is left out; nobody was told that it is durable. */
  readonly torn: boolean;
}

/** The tables of a store as they stand after the entry at `head`. */
export class Resident {
  readonly #layout: StorageLayout;
  readonly #tables = new Map<string, Table>();
  /** Position of the newest entry in the tables. */
  head = 0;
  /** Number of the newest commit. */
  revision = 0;
  /** Position up to which a snapshot stands in for the entries, as far as this reader knows. */
  snapshotUpTo = 0;
  /** Characters of the entries after the snapshot, and how many rows they write. */
  entryChars = 0;
  entryRows = 0;

  constructor(layout: StorageLayout) {
    this.#layout = { ...layout, [quarantineTable]: { indexes: {} } };
    for (const name of Object.keys(this.#layout)) this.#table(name);
  }

  /** A table of the layout. */
  find(name: string): Table | undefined {
    const table = this.#tables.get(name);
    return table?.declared === true ? table : undefined;
  }

  /** All tables, those that only other releases know included: a snapshot must not lose their rows. */
  tables(): ReadonlyMap<string, Table> {
    return this.#tables;
  }

  /**
   * Takes over what a device handed out; a snapshot only while nothing is here yet. The rows that entries write are put
   * down in `moved`. Throws `version`.
   */
  take({ snapshot, entries }: LogContents, moved?: Moved): Reading {
    const damages = snapshot === undefined ? [] : this.#load(snapshot);
    let torn = false;
    for (const { position, payload } of entries) {
      if (position <= this.head) continue;
      if (position > this.head + 1) damages.push({ place: `entries ${this.head + 1} to ${position - 1}` });
      const entry = decodeEntry(payload);
      if (entry === 'torn' && position === entries.at(-1)?.position) torn = true;
      else if (typeof entry === 'string') {
        damages.push({ place: `entry ${position}`, text: payload });
        this.revision += numbersPerEntry;
      } else entry.commits.forEach((changes, at) => this.apply(changes, entry.first + at, moved));
      this.head = position;
      this.entryChars += payload.length;
    }
    for (const { place, text } of damages) {
      if (text !== undefined) this.apply([[quarantineTable, [place, text], []]], this.revision);
    }
    return { damages, torn };
  }

  apply(changes: readonly TableChange[], revision: number, moved?: Moved): void {
    for (const change of changes) {
      const [name, puts, deletes] = change;
      const table = this.#table(name);
      table.apply(change, revision);
      this.entryRows += puts.length / 2 + deletes.length;
      if (moved === undefined || !table.declared) continue;
      for (let at = 0; at < puts.length; at += 2) moved.add(name, puts[at] as string);
      for (const id of deletes) moved.add(name, id);
    }
    this.revision = Math.max(this.revision, revision);
  }

  /** Rows of the layout that are not the same here and there. */
  differences(other: Resident): Moved {
    const moved = new Moved();
    for (const [name, { rows, declared }] of this.#tables) {
      if (!declared) continue;
      const others = other.#table(name).rows;
      for (const [id, { revision }] of rows) if (others.get(id)?.revision !== revision) moved.add(name, id);
      for (const id of others.keys()) if (!rows.has(id)) moved.add(name, id);
    }
    return moved;
  }

  rowCount(): number {
    let rows = 0;
    for (const table of this.#tables.values()) rows += table.rows.size;
    return rows;
  }

  #load({ upTo, chunks }: NonNullable<LogContents['snapshot']>): Damage[] {
    const damages: Damage[] = [];
    let rows = 0;
    let promised: number | undefined;
    chunks.forEach((sealed, at) => {
      const chunk = decodeChunk(sealed);
      if (chunk === undefined) {
        damages.push({ place: `chunk ${at} of the snapshot of ${upTo}`, text: sealed });
      } else if ('table' in chunk) {
        this.revision = Math.max(this.revision, this.#table(chunk.table).load(chunk.cells));
        rows += chunk.cells.length / 3;
      } else {
        this.revision = Math.max(this.revision, chunk.revision);
        promised = chunk.rows;
      }
    });
    if (damages.length === 0 && rows !== promised)
      damages.push({ place: `a chunk of the snapshot of ${upTo}` });
    if (damages.length > 0) this.revision += numbersPerEntry;
    this.head = this.snapshotUpTo = upTo;
    return damages;
  }

  #table(name: string): Table {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new Table(Object.hasOwn(this.#layout, name) ? this.#layout[name] : undefined);
      this.#tables.set(name, table);
    }
    return table;
  }
}

/** Rows that somebody else wrote, each once. */
export class Moved {
  readonly #ids = new Map<string, Set<string>>();

  add(table: string, id: string): void {
    let ids = this.#ids.get(table);
    if (ids === undefined) this.#ids.set(table, (ids = new Set()));
    ids.add(id);
  }

  refs(): RowRef[] {
    return [...this.#ids].flatMap(([table, ids]) => Array.from(ids, (id) => ({ table, id })));
  }
}
