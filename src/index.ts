/**
 * The client, the strategies, and the contracts that adapters implement.
 *
 * @module syncline
 */
export { createSyncClient } from './engine/client.js';
export type { ClientOptions, PendingChoice, SyncClient } from './engine/client.js';
export type { Collection, TransactionCollection } from './engine/collection.js';
export type { Conflict, ConflictInbox, Resolution } from './engine/conflicts.js';
export type { ClientEvent } from './engine/events.js';
export type { SyncProgress } from './engine/exchange.js';
export type { Explanation, FieldOrigin } from './engine/explain.js';
export type { WriteOptions } from './engine/operations.js';
export type { Outbox, OutboxStats } from './engine/outbox-verbs.js';
export type { Condition, Query, Where } from './engine/query.js';
export type { Receipt } from './engine/receipts.js';
export type { PauseReason, SyncState, SyncStatus } from './engine/status.js';
export type { Creatable, Patch } from './engine/verbs.js';

export { defineEntity } from './resolve/define-entity.js';
export type { EntityOptions, FieldOf } from './resolve/define-entity.js';
export { exclude } from './resolve/exclude.js';
export { reconcile } from './resolve/reconcile.js';
export { custom } from './resolve/custom.js';
export { clientWins, lastWriteWins, manual, merge, serverWins } from './resolve/strategies.js';
export type { GranularityOptions, MergeOptions, StrategyOptions } from './resolve/strategies.js';
export { latest, local, manualField, max, min, remote, rule, sum } from './resolve/rules.js';
export type { RuleOptions } from './resolve/rules.js';
export { concat } from './resolve/concat-rule.js';
export type { ConcatOptions } from './resolve/concat-rule.js';
export { list } from './resolve/list-rule.js';
export type { ListOptions } from './resolve/list-rule.js';
export { text } from './resolve/text-rule.js';
export type { TextOptions } from './resolve/text-rule.js';
export { union } from './resolve/union-rule.js';

export { keyAt } from './storage/key-of.js';
export { exportLog } from './storage/export-log.js';
export type { LogExport } from './storage/export-log.js';
export { logStorage } from './storage/log-storage.js';
export type { LogStorageOptions } from './storage/log-storage.js';
export { defaultRuntime } from './runtime.js';

export { parsePullAnswer, parsePushAnswer, parseRefusal } from './protocol/answers.js';
export { defaultLimits } from './protocol/limits.js';
export type { Limits } from './protocol/limits.js';
export { defaultBasePath, protocolVersion, wireHeaders } from './protocol/wire.js';

export { SyncError, isSyncError, syncErrorCodes, toSyncError } from './errors.js';
export type { SyncErrorCode, SyncErrorOptions } from './errors.js';

export type { Connectivity, Lease, Platform } from './contracts/connectivity.js';
export type { CrdtCodec } from './contracts/crdt-codec.js';
export type { EntityDefinition, LocalPolicy, SyncPolicy } from './contracts/entity.js';
export type { SyncErrorData } from './contracts/errors.js';
export type { Json, JsonObject } from './contracts/json.js';
export type { LogContents, LogDevice, LogEntry, LogSignals } from './contracts/log-device.js';
export type {
  ChangeAction,
  Decision,
  FieldChange,
  FieldConflict,
  Operation,
  OperationKind,
  Stamp,
  SyncRecord,
  TransactionMark,
  VersionVector,
} from './contracts/operation.js';
export type { OutboxEntry, OutboxOptions, OutboxState } from './contracts/queue.js';
export type {
  ConflictStrategy,
  DeletePolicy,
  FieldContext,
  FieldRule,
  FieldVerdict,
  Outcome,
  RecordContext,
  RuleLaws,
} from './contracts/resolver.js';
export type { Runtime } from './contracts/runtime.js';
export type {
  Derivation,
  RowRef,
  RowRevision,
  RowTemplate,
  ScanOptions,
  ScanRange,
  StorageAdapter,
  StorageLayout,
  StorageSignals,
  StorageWrite,
  StoredRow,
} from './contracts/storage.js';
export type {
  AnswerEnvelope,
  CallOptions,
  OperationResult,
  PullAnswer,
  PullRequest,
  PushAnswer,
  PushRequest,
  RecordChange,
  TransportAdapter,
} from './contracts/transport.js';
