import { isSyncError, SyncError } from '../errors.js';

/** The error of somebody who gave up. */
export function aborted(cause: unknown): SyncError {
  return isSyncError(cause, 'aborted')
    ? cause
    : new SyncError('aborted', 'the exchange was given up', { cause });
}

/** The promise, for as long as its caller wants to wait: it rejects with `aborted` once the signal does. */
export function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(aborted(signal.reason));
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
