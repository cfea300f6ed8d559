import { SyncError, type Lease } from 'syncline';
import { isPersisted, listen, pageTarget } from './page-events.js';

/** Leases through Web Locks (https://w3c.github.io/web-locks/), which the browser takes from a tab that ends. */
export class LockLease implements Lease {
  readonly #releases = new Set<() => void>();

  acquire(name: string, { signal }: { readonly signal: AbortSignal }): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const locks = platformLocks();
      if (locks === undefined) return resolve(() => undefined);
      const release = () => {
        this.#releases.delete(release);
        stopWaiting();
        letGo();
        // Has no effect once the lease was granted.
        reject(
          signal.aborted ? (signal.reason as Error) : new SyncError('aborted', 'the platform was closed'),
        );
      };
      const stopWaiting = listen(signal, 'abort', release);
      const letGo = holdLock(locks, `syncline:${name}`, () => {
        stopWaiting();
        resolve(release);
      });
      this.#releases.add(release);
    });
  }

  close(): void {
    for (const release of this.#releases) release();
  }
}

/**
 * Keeps a lock, but for the time the page spends in the back/forward cache: there it could not let go, and the browser
 * would rather not keep the page. Where locks exist but may not be used (a sandboxed frame) it is granted as well:
 * nobody is kept from sending. The result lets go.
 */
function holdLock(locks: LockManager, name: string, granted: () => void): () => void {
  let attempt = new AbortController();
  const take = () => {
    const { signal } = (attempt = new AbortController());
    const keep = () =>
      new Promise<void>((letGo) => {
        if (signal.aborted) return letGo();
        signal.addEventListener('abort', () => letGo());
        granted();
      });
    locks.request(name, { signal }, keep).catch(() => {
      if (!signal.aborted) granted();
    });
  };
  const page = pageTarget();
  const stops = [
    listen(page, 'pagehide', (event) => isPersisted(event) && attempt.abort()),
    listen(page, 'pageshow', (event) => isPersisted(event) && take()),
  ];
  take();
  return () => {
    for (const stop of stops) stop();
    attempt.abort();
  };
}

function platformLocks(): LockManager | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.locks;
}
