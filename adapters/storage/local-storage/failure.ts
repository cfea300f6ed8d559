import { isSyncError, SyncError } from 'syncline';

/** What browsers call it when there is no room; the second one is Firefox's. */
const quotaNames = new Set(['QuotaExceededError', 'NS_ERROR_DOM_QUOTA_REACHED']);

/** As a `SyncError`; what is not about room means that the platform does not let anybody in. */
export function toStorageError(error: unknown, doing: string): SyncError {
  if (isSyncError(error)) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : String(error);
  return quotaNames.has(name)
    ? new SyncError('storage-quota', `there is no room left while ${doing}`, {
        hint: 'Remove something from localStorage; localStorageUsage() tells who takes how much.',
        cause: error,
      })
    : new SyncError('storage-blocked', `the storage failed while ${doing}: ${name}`, { cause: error });
}
