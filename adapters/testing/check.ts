import { defaultRuntime, isSyncError, type SyncError, type SyncErrorCode } from 'syncline';

/** One thing that every implementation of a contract must do. Runs under any test runner: it rejects, or it passes. */
export interface ConformanceCase<Setup> {
  readonly name: string;
  readonly run: (setup: Setup) => Promise<void>;
}

/** Throws unless the two are the same JSON; the order of keys does not matter. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [canonical(actual), canonical(expected)];
  if (is !== should) throw new Error(`${what}: expected ${excerpt(should)}, got ${excerpt(is)}`);
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** The error that the call rejects with; throws when it resolves, or rejects with something else than this code. */
export async function rejects(call: Promise<unknown>, code: SyncErrorCode, what: string): Promise<SyncError> {
  const outcome = await call.then(
    () => 'it resolved',
    (error: unknown) => (isSyncError(error, code) ? error : `it rejected with ${String(error)}`),
  );
  if (typeof outcome === 'string')
    throw new Error(`${what}: expected a rejection with '${code}', but ${outcome}`);
  return outcome;
}

/** What the promise resolves with; throws when it has not settled after `limitMs`. */
export async function within<T>(limitMs: number, call: Promise<T>, what: string): Promise<T> {
  let cancel: () => void = () => undefined;
  const limit = new Promise<never>((_, reject) => {
    cancel = defaultRuntime.setTimer(limitMs, () =>
      reject(new Error(`${what}: nothing within ${limitMs} ms`)),
    );
  });
  return Promise.race([call, limit]).finally(cancel);
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'undefined'
  );
}

function excerpt(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
}
