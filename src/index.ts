export { SyncError, isSyncError, syncErrorCodes } from './errors.js';
export type { SyncErrorCode, SyncErrorOptions } from './errors.js';
