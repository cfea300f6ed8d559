import { defaultBasePath, protocolVersion, wireHeaders } from '../../protocol/wire.js';
import { refusal } from '../../protocol/refusals.js';
import type { ServerContext } from '../context.js';
import type { ServerCalls } from '../calls.js';
import type { Identity, SyncServerOptions } from '../options.js';
import { bareAnswer, jsonAnswer, refusalAnswer } from './answer.js';
import { bodyText } from './body.js';
import { createRateLimit } from './rate.js';
import { routeOf, type Route } from './routes.js';

/**
 * The server as a function from `Request` to `Response`. First the route, then who asks, then how often, then the body:
 * no handler runs for a caller that is not known, however the path is spelled.
 */
export function createFetch<I extends Identity>(
  context: ServerContext,
  options: SyncServerOptions<I>,
  calls: ServerCalls<I>,
): (request: Request) => Promise<Response> {
  const { runtime, limits } = context;
  const { basePath = defaultBasePath, onError = () => undefined } = options;
  const authenticate =
    options.authenticate ?? (() => (options.mode === 'development' ? ({ id: 'development' } as I) : null));
  const countRequest = createRateLimit(runtime, limits);

  const unknown =
    options.authenticate === undefined
      ? 'this server has no `authenticate`, so it knows nobody'
      : 'who is asking is not known';

  async function identify(request: Request): Promise<I> {
    const identity = await authenticate(request);
    if (identity === null) throw refusal('unauthenticated', unknown);
    countRequest(identity.id);
    return identity;
  }

  async function handle(request: Request, route: Exclude<Route, { call: 'health' }>): Promise<unknown> {
    const identity = await identify(request);
    if (route.call === 'conflicts')
      return calls.conflicts(identity, Object.fromEntries(new URL(request.url).searchParams));
    const body = await bodyText(request, limits.requestBytes);
    if (route.call !== 'resolve') return calls[route.call](identity, body);
    const device = request.headers.get(wireHeaders.device) ?? undefined;
    return calls.resolveConflict(identity, route.conflictId, body, device);
  }

  return async (request) => {
    try {
      const route = routeOf(request.method, new URL(request.url).pathname, basePath);
      if (route === undefined) throw refusal('not-found', `there is no such call; all are below ${basePath}`);
      if (route.call === 'health') return await health(context, request);
      refuseOtherProtocols(request);
      return jsonAnswer(request, await handle(request, route));
    } catch (error) {
      const answer = refusalAnswer(request, error, Math.floor(runtime.now()));
      if (answer.status >= 500) onError(error);
      return answer;
    }
  };
}

async function health(context: ServerContext, request: Request): Promise<Response> {
  const envelope = await context.envelope().catch((cause: unknown) => {
    throw refusal('unavailable', 'the store does not answer', { cause });
  });
  return request.method === 'HEAD'
    ? bareAnswer(200)
    : jsonAnswer(request, { ...envelope, protocol: [protocolVersion] });
}

function refuseOtherProtocols(request: Request): void {
  const asked = request.headers.get(wireHeaders.protocol) ?? String(protocolVersion);
  if (asked === String(protocolVersion)) return;
  throw refusal('protocol-unsupported', `protocol ${asked} is not spoken here`, {
    details: { supported: [protocolVersion] },
  });
}
