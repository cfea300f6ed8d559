import type { SyncErrorData } from './contracts/errors.js';
import type { JsonObject } from './contracts/json.js';

/** Every code a `SyncError` can have; each has a row in `docs/errors.md`. */
export const syncErrorCodes = [
  'validation',
  'conflict',
  'not-found',
  'network',
  'timeout',
  'aborted',
  'unauthenticated',
  'forbidden',
  'rejected',
  'limit',
  'protocol',
  'version',
  'cursor-expired',
  'identity-lost',
  'storage-quota',
  'storage-closed',
  'storage-blocked',
  'storage-conflict',
  'storage-corrupt',
  'pending-work',
  'internal',
] as const;

export type SyncErrorCode = (typeof syncErrorCodes)[number];

export interface SyncErrorOptions {
  /** One line that says what to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly operationId?: string;
  readonly details?: JsonObject;
  /** How long the other side asked to wait, ms. */
  readonly retryAfterMs?: number;
}

const retryableCodes: ReadonlySet<SyncErrorCode> = new Set([
  'network',
  'timeout',
  'unauthenticated',
  'storage-conflict',
]);
const brand = Symbol.for('syncline.SyncError');

/**
 * The one error class of Syncline. `code` decides what can be done about it; the message is for people.
 *
 * @example
 * ```ts
 * import { SyncError, isSyncError } from 'syncline';
 *
 * try {
 *   throw new SyncError('storage-quota', 'no room for 12 operations');
 * } catch (error) {
 *   if (isSyncError(error, 'storage-quota')) console.log(error.hint);
 * }
 * ```
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: SyncErrorCode;
  /** Whether the same call may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly hint: string;
  readonly operationId: string | undefined;
  readonly details: JsonObject;
  readonly retryAfterMs: number | undefined;

  constructor(code: SyncErrorCode, message: string, options: SyncErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryable = retryableCodes.has(code);
    this.hint = options.hint ?? `See docs/errors.md#${code}.`;
    this.operationId = options.operationId;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
    Object.defineProperty(this, brand, { value: true });
  }

  toJSON(): SyncErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.operationId === undefined ? {} : { operationId: this.operationId }),
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
    };
  }
}

/** True for any Syncline error (with that code, where one is given), across copies of the package and realms. */
export function isSyncError(value: unknown, code?: SyncErrorCode): value is SyncError {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as Record<symbol, unknown>)[brand] === true &&
    (code === undefined || (value as SyncError).code === code)
  );
}

/** The value itself when it is a `SyncError`; otherwise one with code `internal` that keeps it as the cause. */
export function toSyncError(value: unknown): SyncError {
  if (isSyncError(value)) return value;
  return new SyncError('internal', reasonOf(value), { cause: value });
}

/** What something that was thrown says. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
