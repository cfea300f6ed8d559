import type { CallOptions, Connectivity, Runtime } from 'syncline';
import { documentTarget, listen, pageTarget } from './page-events.js';

export interface ConnectivityOptions {
  readonly probe: ((options: CallOptions) => Promise<boolean>) | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly runtime: Pick<Runtime, 'setTimer'>;
}

/** Watches while somebody listens. */
export class BrowserConnectivity implements Connectivity {
  readonly #options: ConnectivityOptions;
  readonly #listeners = new Set<(online: boolean) => void>();
  /** What the listeners know; undefined while nobody listens. */
  #known: boolean | undefined;
  #stops: readonly (() => void)[] = [];
  /** Gives up the question under way, or the timer of the next one. */
  #stopWaiting: () => void = () => undefined;

  constructor(options: ConnectivityOptions) {
    this.#options = options;
  }

  isOnline(): boolean {
    return this.#known ?? isBrowserOnline();
  }

  subscribe(listener: (online: boolean) => void): () => void {
    const own = (online: boolean) => listener(online);
    this.#listeners.add(own);
    if (this.#known === undefined) this.#start();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#stopWaiting();
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#known = undefined;
  }

  #start(): void {
    this.#known = isBrowserOnline();
    const page = pageTarget();
    const document = documentTarget();
    const check = () => this.#check();
    this.#stops = [
      listen(page, 'online', check),
      listen(page, 'offline', () => this.#goOffline()),
      listen(page, 'pageshow', check),
      listen(document, 'visibilitychange', () => {
        if (document?.visibilityState === 'visible') this.#check();
      }),
    ];
    this.#check();
  }

  /** A question under way is given up: it may have set out before the network was back. */
  #check(): void {
    this.#stopWaiting();
    const { probe, timeoutMs, runtime } = this.#options;
    if (probe === undefined) {
      this.#tell(isBrowserOnline());
      return;
    }
    const asking = new AbortController();
    const settle = (online: boolean) => {
      if (asking.signal.aborted) return;
      this.#checkLater();
      this.#tell(online);
    };
    const cancelLimit = runtime.setTimer(timeoutMs, () => settle(false));
    this.#stopWaiting = () => {
      cancelLimit();
      asking.abort();
    };
    // A probe that throws at once is one that fails.
    void Promise.resolve({ signal: asking.signal })
      .then(probe)
      .then(settle, () => settle(false));
  }

  #checkLater(): void {
    this.#stopWaiting();
    const { probe, intervalMs, runtime } = this.#options;
    if (probe !== undefined) this.#stopWaiting = runtime.setTimer(intervalMs, () => this.#check());
  }

  #goOffline(): void {
    this.#checkLater();
    this.#tell(false);
  }

  #tell(online: boolean): void {
    if (online === this.#known) return;
    this.#known = online;
    for (const listener of [...this.#listeners]) listener(online);
  }
}

/** What the browser says: false for certain, true perhaps. */
function isBrowserOnline(): boolean {
  return typeof navigator === 'undefined' || navigator.onLine !== false;
}
