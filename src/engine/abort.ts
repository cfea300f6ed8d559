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

/**
 * Does something that is given up with the first of these signals. `AbortSignal.any` would do, but Node keeps what that
 * makes for as long as somebody listens, and a transport may forget to stop.
 */
export async function withSignals<T>(
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stops = signals.map((signal) => {
    const giveUp = () => controller.abort(signal?.reason);
    if (signal?.aborted === true) giveUp();
    signal?.addEventListener('abort', giveUp);
    return () => signal?.removeEventListener('abort', giveUp);
  });
  try {
    return await work(controller.signal);
  } finally {
    for (const stop of stops) stop();
  }
}
