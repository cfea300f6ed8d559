import { decodeText } from './names.js';
import type { SqliteConnection, SqliteStatement } from './session.js';
import type { SqliteValue } from '../../shared/sqlite.js';

/** A row that could be read from a damaged file. */
export interface SalvagedRow {
  /** As SQL has it: `record:task`, `outbox`. */
  readonly table: string;
  readonly id: string;
  /** JSON, unless it is damaged itself. */
  readonly text: string;
}

export interface Salvage {
  readonly rows: readonly SalvagedRow[];
  /** Tables in which something could not be read. */
  readonly damaged: readonly string[];
}

interface Row {
  readonly rowid: number;
  readonly id: unknown;
  readonly value: unknown;
}

/**
 * What can be read of a file that `sqliteStorage` refuses as `storage-corrupt`: the rows of each table from its beginning
 * up to the damage, and from its end back to it. Writes nothing. Rejects with what the driver says where not even the
 * names of the tables can be read. A `better-sqlite3` must be in `unsafeMode()`, or it refuses a file that was cut off.
 *
 * @example
 * ```ts
 * import Database from 'libsql';
 * import { salvageRows } from 'syncline/storage/sqlite';
 *
 * const { rows } = await salvageRows(() => new Database('practice.db'));
 * const unsent = rows.filter(({ table }) => table === 'outbox').map(({ text }) => text);
 * ```
 */
export async function salvageRows(
  database: () => SqliteConnection | PromiseLike<SqliteConnection>,
): Promise<Salvage> {
  const connection = await database();
  try {
    // A file that is shorter than its header says is refused as a whole without this. Nothing is written.
    await (await connection.prepare('PRAGMA writable_schema = ON')).run();
    const names = await connection.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%(id NOT NULL PRIMARY KEY%'`,
    );
    const rows: SalvagedRow[] = [];
    const damaged: string[] = [];
    for (const { name } of (await names.all()) as { readonly name: string }[]) {
      const found = new Map<string, SalvagedRow>();
      const add = ({ id, value }: Row) => {
        const row = { table: name, id: decodeText(String(id)), text: String(value) };
        found.set(row.id, row);
      };
      const isWhole = await readUntilDamage(connection, name, 'ASC', add);
      if (!isWhole) {
        damaged.push(name);
        await readUntilDamage(connection, name, 'DESC', add);
      }
      rows.push(...found.values());
    }
    return { rows, damaged };
  } finally {
    await connection.close();
  }
}

/** Row by row, so that a damage takes no more than what lies behind it. Resolves with whether there was none. */
async function readUntilDamage(
  connection: SqliteConnection,
  name: string,
  order: 'ASC' | 'DESC',
  add: (row: Row) => void,
): Promise<boolean> {
  const select = `SELECT rowid, id, value FROM "${name.replaceAll('"', '""')}"`;
  const end = `ORDER BY rowid ${order} LIMIT 1`;
  try {
    const next = await connection.prepare(`${select} WHERE rowid ${order === 'ASC' ? '>' : '<'} ? ${end}`);
    let row = await first(await connection.prepare(`${select} ${end}`));
    while (row !== undefined) {
      add(row);
      row = await first(next, row.rowid);
    }
    return true;
  } catch {
    return false;
  }
}

async function first(statement: SqliteStatement, ...values: SqliteValue[]): Promise<Row | undefined> {
  return ((await statement.all(...values)) as readonly Row[])[0];
}
