import { isSyncError, SyncError, type SyncErrorCode } from 'syncline';

/** What is bound to a parameter of a statement. */
export type SqliteValue = string | number | null;

/** What SQLite says of a failure, by the names that drivers give it, and by the text that all of them pass on. */
const failures: readonly (readonly [name: RegExp, message: RegExp, code: SyncErrorCode])[] = [
  [/^SQLITE_(BUSY|LOCKED)/, /database (table )?is locked/i, 'storage-blocked'],
  [/^SQLITE_FULL/, /database or disk is full/i, 'storage-quota'],
  [/^SQLITE_(CORRUPT|NOTADB)/, /disk image is malformed|file is not a database/i, 'storage-corrupt'],
  [
    /^SQLITE_(READONLY|CANTOPEN|IOERR|PERM)/,
    /readonly database|(unable to|cannot) open|disk I\/O error/i,
    'storage-blocked',
  ],
  [/^ERR_INVALID_STATE/, /(connection|database) is (closed|not open)/i, 'storage-closed'],
];

/** Result codes of SQLite, for drivers that give the number. Source: https://www.sqlite.org/rescode.html */
const names: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};

/** Runs what speaks to the database, and names what went wrong. */
export function named<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw sqliteError(error);
  }
}

/** The `SyncError` that an error of any driver stands for. */
export function sqliteError(cause: unknown): SyncError {
  if (isSyncError(cause)) return cause;
  const message = messageOf(cause);
  const name = nameOf(cause);
  const [, , code = 'internal'] = failures.find(([by, text]) => by.test(name) || text.test(message)) ?? [];
  return new SyncError(code, `sqlite: ${message}`, { cause });
}

/** Whether another connection writes to the file just now. */
export function isBusy(error: unknown): boolean {
  const [[name, message]] = failures as [(typeof failures)[number]];
  return !isSyncError(error) && (name.test(nameOf(error)) || message.test(messageOf(error)));
}

/** Whether a statement that was good once names a table that is not there any more. */
export function isTableGone(error: unknown): boolean {
  return /no such table/.test(messageOf(error));
}

function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  // `node:sqlite` says ERR_SQLITE_ERROR for everything, and the number beside it; its upper bits are details.
  if ('errcode' in error && typeof error.errcode === 'number') return names[error.errcode & 0xff] ?? '';
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
