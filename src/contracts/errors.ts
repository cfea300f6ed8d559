import type { JsonObject } from './json.js';

/** A `SyncError` as plain data: on the wire, in the outbox, in an export. */
export interface SyncErrorData {
  readonly code: string;
  readonly message: string;
  readonly operationId?: string;
  readonly details?: JsonObject;
}
