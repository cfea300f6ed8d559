/**
 * Client and server in one process.
 *
 * @module syncline/transport/loopback
 */
import { parsePullAnswer, parsePushAnswer, parseRefusal, SyncError, type TransportAdapter } from 'syncline';
import { refusalOf, type Identity, type SyncServer } from 'syncline/server';

/** One call on its way: what goes out, and `next` to let it reach the server. */
export type LoopbackMiddleware = (
  call: { readonly kind: 'push' | 'pull'; readonly request: unknown; readonly signal: AbortSignal },
  next: (request: unknown) => Promise<unknown>,
) => Promise<unknown>;

export interface LoopbackOptions<I extends Identity = Identity> {
  /** Who the server takes this client for. */
  readonly identity: I;
  /** Stands between client and server: may delay, repeat, lose or alter what passes. */
  readonly middleware?: LoopbackMiddleware;
}

/**
 * Speaks with a server in the same process. All that passes is written to JSON and read again, as on a real wire.
 *
 * @example
 * ```ts
 * import { createSyncServer } from 'syncline/server';
 * import { memoryStore } from 'syncline/server-store/memory';
 * import { loopbackTransport } from 'syncline/transport/loopback';
 *
 * const server = createSyncServer({ entities: [], store: memoryStore(), mode: 'development' });
 * const transport = loopbackTransport(server, { identity: { id: 'ada' } });
 * ```
 */
export function loopbackTransport<I extends Identity>(
  server: Pick<SyncServer<I>, 'push' | 'pull'>,
  { identity, middleware = (call, next) => next(call.request) }: LoopbackOptions<I>,
): TransportAdapter {
  const reach = async (kind: 'push' | 'pull', sent: unknown): Promise<unknown> => {
    try {
      return overTheWire(await server[kind](identity, overTheWire(sent)));
    } catch (thrown) {
      const { error } = refusalOf(thrown);
      throw parseRefusal({ error: overTheWire(error) }) ?? thrown;
    }
  };
  const call = async (kind: 'push' | 'pull', request: unknown, signal: AbortSignal): Promise<unknown> => {
    if (signal.aborted) throw aborted(kind, signal);
    let giveUp: () => void = () => undefined;
    const end = new Promise<never>((_, reject) => {
      giveUp = () => reject(aborted(kind, signal));
      signal.addEventListener('abort', giveUp);
    });
    const answer = middleware({ kind, request: overTheWire(request), signal }, (sent) => reach(kind, sent));
    return Promise.race([answer, end]).finally(() => signal.removeEventListener('abort', giveUp));
  };
  return {
    push: async (request, { signal }) => parsePushAnswer(await call('push', request, signal)),
    pull: async (request, { signal }) => parsePullAnswer(await call('pull', request, signal)),
    probe: async () => true,
  };
}

function aborted(kind: string, signal: AbortSignal): SyncError {
  return new SyncError('aborted', `the ${kind} was given up`, { cause: signal.reason });
}

function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
