import { idCharsKept, pruneEvery, type MovedRows } from '../../shared/rows.js';
import type { Session } from './session.js';

/**
 * The newest commits and the rows that each of them moved, for other connections to follow. `chars` is the sum of the
 * lengths of `rows` up to and with this one.
 */
export const createCommits = `CREATE TABLE IF NOT EXISTS syncline_commits (
  revision INTEGER PRIMARY KEY, rows TEXT NOT NULL, chars INTEGER NOT NULL)`;

interface CommitRow {
  readonly rows: string;
}

/** Adds a commit, in a transaction that is open, and resolves with its revision. */
export async function addCommit(session: Session, moved: MovedRows): Promise<number> {
  const [added] = await session.all<{ readonly revision: number; readonly chars: number }>(
    `INSERT INTO syncline_commits (rows, chars)
     SELECT ?1, length(?1) + coalesce((SELECT chars FROM syncline_commits ORDER BY revision DESC LIMIT 1), 0)
     RETURNING revision, chars`,
    JSON.stringify(moved),
  );
  const { revision, chars } = added!;
  if (revision % pruneEvery === 0) {
    await session.run(
      `DELETE FROM syncline_commits WHERE revision < ?1 + ${2 * pruneEvery} AND chars < ?2
       AND revision < (SELECT max(revision) FROM syncline_commits)`,
      (await oldest(session)) ?? 0,
      chars - idCharsKept,
    );
  }
  return revision;
}

export async function newestRevision(session: Session): Promise<number> {
  const [row] = await session.all<{ readonly newest: number | null }>(
    'SELECT max(revision) AS newest FROM syncline_commits',
  );
  return row?.newest ?? 0;
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
  const rows = await session.all<CommitRow>(
    'SELECT rows FROM syncline_commits WHERE revision > ? AND revision < ? ORDER BY revision',
    after,
    before,
  );
  if (rows.length < before - after - 1) return 'unknown';
  return rows.map((row) => JSON.parse(row.rows) as MovedRows);
}

async function oldest(session: Session): Promise<number | null | undefined> {
  const [row] = await session.all<{ readonly oldest: number | null }>(
    'SELECT min(revision) AS oldest FROM syncline_commits',
  );
  return row?.oldest;
}
