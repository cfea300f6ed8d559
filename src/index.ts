export { SyncError, isSyncError, syncErrorCodes } from './errors.js';
export type { SyncErrorCode, SyncErrorOptions } from './errors.js';
export { parsePullAnswer, parsePushAnswer, parseRefusal } from './protocol/parse.js';
export { defaultBasePath, defaultLimits, protocolVersion, wireHeaders } from './protocol/limits.js';
export type { Limits } from './protocol/limits.js';
export type { CallOptions, PullAnswer, PullRequest, PushAnswer, PushRequest, TransportAdapter } from './contracts/transport.js';
export { logStorage } from './storage/log-storage.js';
export type { LogStorageOptions } from './storage/log-storage.js';
export type { LogContents, LogDevice, LogEntry, LogSignals } from './contracts/log-device.js';
export type {
  RowRef,
  ScanOptions,
  ScanRange,
  StorageAdapter,
  StorageLayout,
  StorageSignals,
  StorageWrite,
  StoredRow,
} from './contracts/storage.js';
