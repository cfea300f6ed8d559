export interface CorsOptions {
  /** Origins that may call, as `https://app.example`. */
  readonly origins: readonly string[];
  /** Whether their cookies come along. Default false. */
  readonly credentials?: boolean;
}

const allowedHeaders = 'authorization, content-type, content-encoding, syncline-protocol, x-device-id';
const maxAgeSeconds = 600;

type Handler = (request: Request) => Promise<Response>;

/** Lets pages of the listed origins call, and answers their browsers' questions beforehand. */
export function withCors({ origins, credentials = false }: CorsOptions, handle: Handler): Handler {
  return async (request) => {
    const origin = request.headers.get('origin');
    const isAllowed = origin !== null && origins.includes(origin);
    const isPreflight = request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
    const answer = isPreflight ? new Response(null, { status: 204 }) : await handle(request);
    const headers = new Headers(answer.headers);
    headers.append('vary', 'origin');
    if (isAllowed) {
      headers.set('access-control-allow-origin', origin);
      headers.set('access-control-expose-headers', 'retry-after, syncline-protocol');
      if (credentials) headers.set('access-control-allow-credentials', 'true');
      if (isPreflight) {
        headers.set('access-control-allow-methods', 'GET, HEAD, POST');
        headers.set('access-control-allow-headers', allowedHeaders);
        headers.set('access-control-max-age', String(maxAgeSeconds));
      }
    }
    return new Response(answer.body, { status: answer.status, headers });
  };
}
