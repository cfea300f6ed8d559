import { isSyncError, SyncError, type SyncErrorCode } from 'syncline';

const codes: Readonly<Record<string, SyncErrorCode>> = {
  ENOSPC: 'storage-quota',
  EDQUOT: 'storage-quota',
  EFBIG: 'storage-quota',
  EIO: 'storage-corrupt',
};

/** As a `SyncError`; a failure that is not in the table means that the platform does not let anybody in. */
export function toStorageError(error: unknown, doing: string): SyncError {
  if (isSyncError(error)) return error;
  const code = codes[errnoOf(error)] ?? 'storage-blocked';
  return new SyncError(code, `the file system failed while ${doing}: ${String(error)}`, { cause: error });
}

export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT';
}

export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
