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
    (error: unknown) => (isSyncError(error, code) ? error : `it rejected with ${told(error)}`),
  );
  if (typeof outcome === 'string')
    throw new Error(`${what}: expected a rejection with '${code}', but ${outcome}`);
  return outcome;
}

/** What the call resolves with; throws when it rejects. */
export async function resolves<T>(call: Promise<T>, what: string): Promise<T> {
  return call.catch((cause: unknown) => {
    throw new Error(`${what}: expected an answer, but it rejected with ${told(cause)}`, { cause });
  });
}

/** An error by its code, where it has one. */
export function told(error: unknown): string {
  return isSyncError(error) ? `'${error.code}': ${error.message}` : String(error);
}

/** Throws unless the value survives `JSON.parse(JSON.stringify(value))` as it is. */
export function holdsJson(value: unknown, what: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number')
    return holds(Number.isFinite(value), `${what} holds ${value}, which is no JSON`);
  holds(typeof value === 'object', `${what} holds a value of type ${typeof value}, which is no JSON`);
  const plain =
    Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
  holds(plain, `${what} holds an object that is not plain`);
  // `Array.from` shows the holes of an array.
  const inner = Array.isArray(value) ? Array.from(value as unknown[]) : Object.values(value as object);
  for (const one of inner) holdsJson(one, what);
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
