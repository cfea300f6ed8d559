import { isSyncError, SyncError, type SyncErrorCode } from 'syncline';

const codes: Readonly<Record<string, SyncErrorCode>> = {
  QuotaExceededError: 'storage-quota',
  VersionError: 'version',
  DataError: 'storage-corrupt',
  NotReadableError: 'storage-corrupt',
  InvalidStateError: 'storage-closed',
  AbortError: 'storage-closed',
  UnknownError: 'storage-closed',
};

/** Whether the handle is dead, and a new connection may work. */
export function isConnectionLost(error: unknown): boolean {
  return codes[nameOf(error)] === 'storage-closed';
}

/** As a `SyncError`; a failure that is not in the table means that the platform does not let anybody in. */
export function toStorageError(error: unknown, doing: string): SyncError {
  if (isSyncError(error)) return error;
  const code = codes[nameOf(error)] ?? 'storage-blocked';
  return new SyncError(code, `IndexedDB failed while ${doing}: ${nameOf(error)}`, { cause: error });
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : String(error);
}
