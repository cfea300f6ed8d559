import type { SyncErrorData } from '../contracts/errors.js';
import type { JsonObject } from '../contracts/json.js';
import { SyncError, toSyncError, type SyncErrorCode } from '../errors.js';

/** What a refusal of a whole request is as a `SyncError`. */
const errors = {
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  'wrong-space': 'forbidden',
  'not-found': 'not-found',
  'too-large': 'limit',
  'rate-limited': 'network',
  'protocol-unsupported': 'version',
  'schema-outdated': 'version',
  'cursor-expired': 'cursor-expired',
  'bad-request': 'protocol',
  internal: 'network',
  unavailable: 'network',
} as const satisfies Record<string, SyncErrorCode>;

/** Codes of a refusal of a whole request, as they are written on the wire. */
export type RefusalCode = keyof typeof errors;

/** How it looks in HTTP. */
const statuses: Readonly<Record<RefusalCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  'wrong-space': 403,
  'not-found': 404,
  'too-large': 413,
  'rate-limited': 429,
  'protocol-unsupported': 400,
  'schema-outdated': 409,
  'cursor-expired': 410,
  'bad-request': 400,
  internal: 500,
  unavailable: 503,
};

/** The refusal that stands for an error which was not made as one. */
const refusalByError: Partial<Record<SyncErrorCode, RefusalCode>> = {
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  'not-found': 'not-found',
  limit: 'too-large',
  version: 'protocol-unsupported',
  'cursor-expired': 'cursor-expired',
  protocol: 'bad-request',
  'storage-conflict': 'unavailable',
  'storage-blocked': 'unavailable',
  'storage-quota': 'unavailable',
  'storage-closed': 'unavailable',
};

export interface RefusalOptions {
  readonly details?: JsonObject;
  readonly hint?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * A refusal of a whole request as a `SyncError`; `details.refusal` keeps the code of the wire.
 *
 * `rate-limited`, `internal` and `unavailable` are `network`: as good as no answer, to be asked again later.
 */
export function refusal(code: RefusalCode, message: string, options: RefusalOptions = {}): SyncError {
  return new SyncError(errors[code], message, {
    ...options,
    details: { ...options.details, refusal: code },
  });
}

/** The refusal a server answers for an error. What is nobody else's business is `internal` and says no more. */
export function refusalOf(thrown: unknown): {
  readonly status: number;
  readonly error: SyncErrorData & { readonly retryAfterMs?: number };
} {
  const error = toSyncError(thrown);
  const named = error.details['refusal'];
  const code = isRefusalCode(named) ? named : (refusalByError[error.code] ?? 'internal');
  const { refusal: _, ...details } = error.details;
  return {
    status: statuses[code],
    error: {
      code,
      message: code === 'internal' ? 'the server failed' : error.message,
      ...(code === 'internal' || Object.keys(details).length === 0 ? {} : { details }),
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    },
  };
}

/** The error of a client whose request was refused with `code`; an unknown code is a breach of the protocol. */
export function errorOfRefusal(code: string, message: string, options: RefusalOptions = {}): SyncError {
  if (isRefusalCode(code)) return refusal(code, message, options);
  return new SyncError('protocol', `the server refused with '${code}': ${message}`, options);
}

function isRefusalCode(code: unknown): code is RefusalCode {
  return typeof code === 'string' && Object.hasOwn(errors, code);
}
