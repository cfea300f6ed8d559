import { SyncError } from '../errors.js';
import { depthDefault, operationBytesDefault } from './wire.js';

/** What one server takes, gives and keeps. Everything has a limit. */
export interface Limits {
  /** Operations in one push. */
  readonly operationsPerPush: number;
  /** Size of one request, as JSON text in UTF-8, after decompression. */
  readonly requestBytes: number;
  /** Size of one operation without its decisions, as JSON text in UTF-8. */
  readonly operationBytes: number;
  /** Objects and arrays inside each other, in one operation or record. */
  readonly depth: number;
  /** Changes in one pulled page, at most 5,000. What was committed together stays together and may exceed it. */
  readonly changesPerPage: number;
  /** Length of one pulled page as JSON text, in characters. What was committed together may exceed it too. */
  readonly pageLength: number;
  /** Subscriptions of one live connection. */
  readonly subscriptions: number;
  /** How far a stamp may be ahead of the server's clock before it is brought back. */
  readonly driftMs: number;
  /** How long outcomes and tombstones are kept. */
  readonly keptMs: number;
  /** Requests of one identity over HTTP, sustained. */
  readonly requestsPerSecond: number;
  /** Requests of one identity over HTTP, at once. */
  readonly requestBurst: number;
}

export const defaultLimits: Limits = {
  operationsPerPush: 500,
  requestBytes: 1024 * 1024,
  operationBytes: operationBytesDefault,
  depth: depthDefault,
  changesPerPage: 1000,
  pageLength: 4 * 1024 * 1024,
  subscriptions: 64,
  driftMs: 5 * 60_000,
  keptMs: 30 * 24 * 3_600_000,
  requestsPerSecond: 100,
  requestBurst: 1000,
};

const changesPerPageMax = 5000;

/** The defaults with `changes` over them. Throws `SyncError` `validation` for what is no positive number. */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  const limits = { ...defaultLimits, ...changes };
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== 'number' || !(value > 0)) {
      throw new SyncError('validation', `limits.${name} must be a positive number`);
    }
  }
  if (limits.changesPerPage > changesPerPageMax) {
    throw new SyncError('validation', `limits.changesPerPage is at most ${changesPerPageMax}`);
  }
  return limits;
}
