/**
 * The protocol over `fetch`.
 *
 * @module syncline/transport/http
 */
import {
  isSyncError,
  parsePullAnswer,
  parsePushAnswer,
  protocolVersion,
  wireHeaders,
  type TransportAdapter,
} from 'syncline';
import { createCredentials, type TokenSource } from './credentials.js';
import { isJson, packed, readAnswer, withinTime } from './wire.js';

export type { TokenSource } from './credentials.js';

/** The slice of `fetch` that is used. */
export type HttpFetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpTransportOptions {
  /** Where the server's calls live, as `https://sync.example/api/v1/sync`; a path alone where there is a page. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: TokenSource;
  /** Sent with each push and pull; those of the protocol come over them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Names this installation to the server, for people: which device decided a conflict. */
  readonly deviceId?: string;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Requests longer than this are packed. `Infinity`: none. Default 1,024. */
  readonly gzipAboveBytes?: number;
  /** An answer longer than this is not read to its end. Default 64 MiB. */
  readonly answerBytesMax?: number;
  /** Default: the platform's. */
  readonly fetch?: HttpFetch;
}

/**
 * Speaks with a server over HTTP.
 *
 * A call rejects with a `SyncError`: `network` where no server of ours answered (no connection, 5xx, 429, the page of
 * a hotel's network), `timeout`, `aborted`, or the code the server refused with. `unauthenticated` comes only after
 * fresh credentials were asked for once and refused too; a source of credentials that fails is `network`. `Retry-After`
 * is passed on as `retryAfterMs`.
 *
 * @example
 * ```ts
 * import { httpTransport } from 'syncline/transport/http';
 *
 * const transport = httpTransport({ url: 'https://sync.example/api/v1/sync', token: () => 'ada-token' });
 * ```
 */
export function httpTransport(options: HttpTransportOptions): TransportAdapter {
  const { url, timeoutMs = 30_000, gzipAboveBytes = 1024, answerBytesMax = 64 * 1024 * 1024 } = options;
  const base = url.replace(/\/+$/, '');
  const unreachable = `${base} could not be reached`;
  const credentials = createCredentials(options.token);
  const send: HttpFetch = options.fetch ?? ((target, init) => fetch(target, init));

  async function call(path: 'push' | 'pull', request: unknown, signal: AbortSignal): Promise<unknown> {
    const body = await packed(JSON.stringify(request), gzipAboveBytes);
    const bearerOf = (source: () => Promise<string | undefined>) =>
      withinTime(signal, timeoutMs, 'the credentials could not be had', source);
    const attempt = (bearer: string | undefined) =>
      withinTime(signal, timeoutMs, unreachable, async (both) => {
        const headers = { ...headersWith(bearer), ...body.headers };
        const response = await send(`${base}/${path}`, { ...body, method: 'POST', headers, signal: both });
        return readAnswer(response, answerBytesMax);
      });
    const seen = credentials.renewals;
    try {
      return await attempt(await bearerOf(() => credentials.present()));
    } catch (error) {
      if (!isSyncError(error, 'unauthenticated')) throw error;
      const fresh = await bearerOf(() => credentials.renewedSince(seen));
      if (fresh === undefined) throw error;
      return attempt(fresh);
    }
  }

  function headersWith(bearer: string | undefined): Record<string, string> {
    return {
      ...options.headers,
      accept: 'application/json',
      'content-type': 'application/json',
      [wireHeaders.protocol]: String(protocolVersion),
      ...(options.deviceId === undefined ? {} : { [wireHeaders.device]: options.deviceId }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    };
  }

  return {
    push: async (request, { signal }) => parsePushAnswer(await call('push', request, signal)),
    pull: async (request, { signal }) => parsePullAnswer(await call('pull', request, signal)),
    probe: ({ signal }) =>
      withinTime(signal, timeoutMs, unreachable, async (both) => {
        const answer = await send(`${base}/health`, { method: 'HEAD', cache: 'no-store', signal: both });
        return answer.ok && isJson(answer);
      }).catch(() => false),
    refreshAuth: ({ signal }) =>
      withinTime(
        signal,
        timeoutMs,
        unreachable,
        async () => (await credentials.renewedSince(credentials.renewals)) !== undefined,
      ).catch(() => false),
  };
}
