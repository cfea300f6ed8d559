import { keyAt, SyncError, type StorageLayout } from 'syncline';
import { pointerOf, unionOf } from '../../shared/rows.js';
import { addCommit, createCommits, isCutOff, newestCommit } from './commits.js';
import { encodeText, sqlIndexName, sqlKey, sqlName } from './names.js';
import type { Session } from './session.js';
import { idOf, Table } from './table.js';

/** "Sync" in the header of the file says whose it is. Source: https://www.sqlite.org/pragma.html#pragma_application_id */
const applicationId = 0x53796e63;

/** Version of what the tables look like. */
const format = 1;

/** Row of the internal table that tells other connections that there are new tables or indexes. */
export const layoutMark = { table: 'syncline', id: 'layout' };

/** Rows that are filled at once when an index is new. */
const fillRows = 500;

/** `new`: an empty file. Throws for a file that is no store of ours, or of a newer release; writes nothing. */
export async function inspect(session: Session): Promise<'new' | 'ours'> {
  const [header] = await session.all<{ readonly application_id: number }>('PRAGMA application_id');
  const tables = await session.all('SELECT name FROM sqlite_master');
  if (header?.application_id === 0 && tables.length === 0) return 'new';
  if (header?.application_id !== applicationId) {
    throw new SyncError('storage-corrupt', 'the file belongs to another application', {
      hint: 'Give the storage a file of its own; this one was not touched.',
    });
  }
  const stored = Number(await metaOf(session, 'format'));
  if (stored > format) {
    throw new SyncError('version', `the file has format ${stored}, and only ${format} is known here`, {
      hint: 'A newer release wrote it. Use that one, or newer.',
    });
  }
  if (await isCutOff(session)) {
    throw new SyncError('storage-corrupt', 'the file was cut off', {
      hint: '`salvageRows` reads what can be read; this file was not touched.',
    });
  }
  return 'ours';
}

/** Makes the file ours, with all tables and indexes of the layout, in a transaction that is open. */
export async function grow(session: Session, wanted: StorageLayout): Promise<void> {
  if ((await inspect(session)) === 'new') {
    await session.run(`PRAGMA application_id = ${applicationId}`);
    await session.run('CREATE TABLE syncline (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
    await session.run(createCommits);
    await setMeta(session, 'format', String(format));
    await session.run(`INSERT INTO syncline (key, value) VALUES ('epoch', hex(randomblob(16)))`);
  }
  const present = await storedLayout(session);
  const grown = unionOf(present, wanted);
  if (JSON.stringify(grown) === JSON.stringify(present)) return;
  for (const [name, { indexes }] of Object.entries(grown)) {
    // Not typed: numbers before texts is the order of values without an affinity, as the contract has it.
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${sqlName(name)} (id NOT NULL PRIMARY KEY, revision INTEGER NOT NULL, value TEXT NOT NULL)`,
    );
    for (const [index, pointer] of Object.entries(indexes)) {
      const before = pointerOf(present, name, index);
      if (before === undefined)
        await session.run(`ALTER TABLE ${sqlName(name)} ADD COLUMN ${sqlName(index)}`);
      if (before !== pointer) await fill(session, name, index, pointer);
      if (before === undefined)
        await session.run(
          `CREATE INDEX ${sqlIndexName(name, index)} ON ${sqlName(name)} (${sqlName(index)}, id)`,
        );
    }
  }
  await setMeta(session, layoutMark.id, JSON.stringify(grown));
  await addCommit(session, await newestCommit(session), { [layoutMark.table]: [layoutMark.id] });
}

/** All tables and indexes that the file has, those that only other releases know included. */
export async function storedLayout(session: Session): Promise<StorageLayout> {
  return JSON.parse((await metaOf(session, layoutMark.id)) ?? '{}') as StorageLayout;
}

/** Removes everything from a file that is ours, in a transaction that is open. */
export async function dropAll(session: Session): Promise<void> {
  const tables = await session.all<{ readonly name: string }>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite#_%' ESCAPE '#'`,
  );
  for (const { name } of tables) await session.run(`DROP TABLE "${name.replaceAll('"', '""')}"`);
  await session.run('PRAGMA application_id = 0');
}

/** Computes the column of an index for the rows that are there. A row that cannot be read stays out of it. */
async function fill(session: Session, name: string, index: string, pointer: string): Promise<void> {
  const table = new Table(name, {});
  const keyOf = keyAt(pointer);
  for (let after: string | undefined; ;) {
    const range = after === undefined ? {} : { range: { lower: after, lowerOpen: true } };
    const { rows, damaged } = await table.scan(session, { ...range, limit: fillRows });
    for (const row of rows) {
      await session.run(
        `UPDATE ${sqlName(name)} SET ${sqlName(index)} = ? WHERE id = ?`,
        sqlKey(keyOf(row)),
        encodeText(row.id),
      );
    }
    if (rows.length + damaged.length < fillRows) return;
    after = [...rows.map(({ id }) => id), ...damaged.map(idOf)].reduce((a, b) => (a > b ? a : b));
  }
}

async function metaOf(session: Session, key: string): Promise<string | undefined> {
  const [row] = await session.all<{ readonly value: string }>(
    'SELECT value FROM syncline WHERE key = ?',
    key,
  );
  return row?.value;
}

function setMeta(session: Session, key: string, value: string): Promise<void> {
  return session.run('INSERT OR REPLACE INTO syncline (key, value) VALUES (?, ?)', key, value);
}
