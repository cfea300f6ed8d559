/**
 * Connectivity and the lease among tabs, as the browser has them.
 *
 * @module syncline/platform/browser
 */
import { defaultRuntime, type CallOptions, type Platform, type Runtime } from 'syncline';
import { BrowserConnectivity } from './connectivity.js';
import { LockLease } from './lease.js';
import { headProbe } from './probe.js';

export interface BrowserPlatformOptions {
  /** Asked with `HEAD` whether the server answers, as `/api/v1/sync/health`. Default: only the browser is asked. */
  readonly healthUrl?: string;
  /** Asks in another way whether the server answers; a transport's own `probe` fits. A failure counts as no. */
  readonly probe?: (options: CallOptions) => Promise<boolean>;
  /** From one answer to the next question. Default 30,000. */
  readonly intervalMs?: number;
  /** How long an answer may take; after that it is no. Default 5,000. */
  readonly timeoutMs?: number;
  readonly runtime?: Pick<Runtime, 'setTimer'>;
}

/**
 * The browser as a client sees it: whether the server can be reached, and which of several tabs sends. One for each
 * client, which closes it.
 *
 * With a probe the platform is online when the server answered last: a captive portal's page or redirect is no answer.
 * It is asked at the start, every `intervalMs`, and at once when the browser is back online, the tab is shown, or the
 * page comes back out of the back/forward cache. Without a probe the browser's word counts.
 *
 * The lease is a Web Lock. Where there are none it is always granted: two tabs that send at once are harmless. A page
 * in the back/forward cache does not hold it. Nothing is touched before the first use, so this is safe during server
 * rendering.
 *
 * @example
 * ```ts
 * import { browserPlatform } from 'syncline/platform/browser';
 *
 * const platform = browserPlatform({ healthUrl: '/api/v1/sync/health' });
 * ```
 */
export function browserPlatform(options: BrowserPlatformOptions = {}): Required<Platform> {
  const { healthUrl, intervalMs = 30_000, timeoutMs = 5_000, runtime = defaultRuntime } = options;
  const probe = options.probe ?? (healthUrl === undefined ? undefined : headProbe(healthUrl));
  const connectivity = new BrowserConnectivity({ probe, intervalMs, timeoutMs, runtime });
  const lease = new LockLease();
  return {
    connectivity,
    lease,
    close() {
      connectivity.close();
      lease.close();
    },
  };
}
