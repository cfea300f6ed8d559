import { idCharsKept, pruneEvery, type MovedRows } from '../../shared/rows.js';
import type { Session } from './session.js';

/**
 * The newest commits and the rows that each of them moved, for other connections to follow. `chars`: the lengths of all
 * `rows` up to and with this one. `pages`: how long the file was, by which one that was cut off is found out.
 */
export const createCommits = `CREATE TABLE syncline_commits (
  revision INTEGER PRIMARY KEY, rows TEXT NOT NULL, chars INTEGER NOT NULL, pages INTEGER NOT NULL)`;

export interface Newest {
  readonly revision: number;
  readonly chars: number;
  /** Made when the store was; another one means that the store is another. */
  readonly epoch: string | null;
}

export async function newestCommit(session: Session): Promise<Newest> {
  const [newest] = await session.all<Newest>(
    `SELECT revision, chars, (SELECT value FROM syncline WHERE key = 'epoch') AS epoch
     FROM syncline_commits ORDER BY revision DESC LIMIT 1`,
  );
  return newest ?? { revision: 0, chars: 0, epoch: null };
}

/** Adds the commit after `newest`, last in a transaction that is open. */
export async function addCommit(session: Session, newest: Newest, moved: MovedRows): Promise<void> {
  const revision = newest.revision + 1;
  const rows = JSON.stringify(moved);
  const chars = newest.chars + rows.length;
  await session.run(
    'INSERT INTO syncline_commits SELECT ?, ?, ?, page_count FROM pragma_page_count',
    revision,
    rows,
    chars,
  );
  if (revision % pruneEvery === 0) {
    await session.run(
      `DELETE FROM syncline_commits WHERE chars < ? AND revision < ?
       AND revision < ${2 * pruneEvery} + (SELECT min(revision) FROM syncline_commits)`,
      chars - idCharsKept,
      revision,
    );
  }
}

/**
 * What was moved after revision `after` and before `before`. `unknown`: it was too much to be kept. `gone`: the file is
 * older than `after`.
 */
export async function movedBetween(
  session: Session,
  after: number,
  before: number,
): Promise<readonly MovedRows[] | 'unknown' | 'gone'> {
  if (before <= after) return 'gone';
  if (before === after + 1) return [];
  const commits = await session.all<{ readonly rows: string }>(
    'SELECT rows FROM syncline_commits WHERE revision > ? AND revision < ? ORDER BY revision',
    after,
    before,
  );
  if (commits.length < before - after - 1) return 'unknown';
  return commits.map(({ rows }) => JSON.parse(rows) as MovedRows);
}

/** Whether the file is shorter than it was, and not because somebody has tidied it up. */
export async function isCutOff(session: Session): Promise<boolean> {
  const [length] = await session.all<{ readonly pages: number; readonly page_count: number }>(
    'SELECT pages, page_count FROM syncline_commits, pragma_page_count ORDER BY revision DESC LIMIT 1',
  );
  if (length === undefined || length.page_count >= length.pages) return false;
  const [check] = await session.all<{ readonly quick_check: string }>('PRAGMA quick_check(1)');
  return check?.quick_check !== 'ok';
}
