import { protocolVersion, wireHeaders } from '../../protocol/wire.js';
import { refusalOf } from '../../protocol/refusals.js';

/** Below this many characters packing costs more than it saves. */
const gzipAbove = 1024;

/** An answer in JSON, as gzip where it is worth it and the caller can read it. */
export function jsonAnswer(request: Request, value: unknown, status = 200): Response {
  const text = JSON.stringify(value);
  const headers = commonHeaders();
  if (text.length <= gzipAbove || !takesGzip(request)) return new Response(text, { status, headers });
  headers.set('content-encoding', 'gzip');
  const packed = new Response(text).body?.pipeThrough(new CompressionStream('gzip')) ?? null;
  return new Response(packed, { status, headers });
}

/** An answer without a body, for `HEAD`. */
export function bareAnswer(status: number): Response {
  return new Response(null, { status, headers: commonHeaders() });
}

/** The answer to a request that is refused as a whole. */
export function refusalAnswer(request: Request, thrown: unknown, serverTime: number): Response {
  const { status, error } = refusalOf(thrown);
  const answer =
    request.method === 'HEAD' ? bareAnswer(status) : jsonAnswer(request, { error, serverTime }, status);
  if (error.retryAfterMs !== undefined)
    answer.headers.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
  if (status === 401) answer.headers.set('www-authenticate', 'Bearer');
  return answer;
}

function commonHeaders(): Headers {
  return new Headers({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
    [wireHeaders.protocol]: String(protocolVersion),
  });
}

function takesGzip(request: Request): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(request.headers.get('accept-encoding') ?? '');
}
