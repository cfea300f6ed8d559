import type { SyncErrorData } from '../contracts/errors.js';
import type { JsonObject } from '../contracts/json.js';
import { SyncError, toSyncError, type SyncErrorCode } from '../errors.js';

/** How a refusal of a whole request looks in HTTP, and what it is as a `SyncError`. */
const refusals = {
  unauthenticated: { status: 401, error: 'unauthenticated' },
  forbidden: { status: 403, error: 'forbidden' },
  'wrong-space': { status: 403, error: 'forbidden' },
  'not-found': { status: 404, error: 'not-found' },
  'too-large': { status: 413, error: 'limit' },
  'rate-limited': { status: 429, error: 'network' },
  'protocol-unsupported': { status: 400, error: 'version' },
  'schema-outdated': { status: 409, error: 'version' },
  'cursor-expired': { status: 410, error: 'cursor-expired' },
  'bad-request': { status: 400, error: 'protocol' },
  internal: { status: 500, error: 'network' },
  unavailable: { status: 503, error: 'network' },
} as const satisfies Record<string, { readonly status: number; readonly error: SyncErrorCode }>;

/** Codes of a refusal of a whole request, as they are written on the wire. */
export type RefusalCode = keyof typeof refusals;

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
  return new SyncError(refusals[code].error, message, {
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
    status: refusals[code].status,
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
  return typeof code === 'string' && Object.hasOwn(refusals, code);
}
