/**
 * Serves a sync server over `node:http`.
 *
 * @module syncline/host/node
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { withCors, type CorsOptions } from './cors.js';
import { requestOf, writeResponse } from './messages.js';

/** What is served: a sync server, or anything else that answers requests. */
export interface FetchHandler {
  fetch(request: Request): Promise<Response>;
}

export interface NodeHostOptions {
  /** 0: a free one. */
  readonly port: number;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Stands before the server: serves other paths, adds headers, logs. */
  readonly middleware?: (
    request: Request,
    next: (request: Request) => Promise<Response>,
  ) => Promise<Response>;
  /**
   * Pages elsewhere that may call: `{ origins: ['https://app.example'], credentials: true }`, where `credentials` lets their
   * cookies come along. Default: none.
   */
  readonly cors?: CorsOptions;
  /** A request that has not arrived within this time, or a connection that is idle for it, is given up. Default 30,000. */
  readonly timeoutMs?: number;
  /** How long `close` waits for requests under way. Default 5,000. */
  readonly graceMs?: number;
}

export interface NodeHost {
  /** As `http://127.0.0.1:4477`. */
  readonly url: string;
  /** Takes no more requests, lets those under way end, and resolves when the port is free. */
  close(): Promise<void>;
}

/**
 * Serves a sync server over `node:http`. Rejects where the port cannot be had.
 *
 * @example
 * ```ts
 * import { createSyncServer } from 'syncline/server';
 * import { memoryStore } from 'syncline/server-store/memory';
 * import { serveNode } from 'syncline/host/node';
 *
 * const server = createSyncServer({ entities: [], store: memoryStore(), mode: 'development' });
 * const host = await serveNode(server, { port: 0 });
 * await host.close();
 * ```
 */
export async function serveNode(server: FetchHandler, options: NodeHostOptions): Promise<NodeHost> {
  const { port, host = '127.0.0.1', middleware, cors, timeoutMs = 30_000, graceMs = 5000 } = options;
  const inner = async (request: Request) => server.fetch(request);
  const guarded = middleware === undefined ? inner : async (request: Request) => middleware(request, inner);
  const handle = cors === undefined ? guarded : withCors(cors, guarded);

  const sockets = new Set<Socket>();
  /** Those with a request under way. */
  const active = new Set<Socket>();

  const http = createServer(
    {
      requestTimeout: timeoutMs,
      headersTimeout: timeoutMs,
      connectionsCheckingInterval: Math.min(timeoutMs, 1000),
    },
    (incoming, outgoing) => {
      active.add(incoming.socket);
      outgoing.once('close', () => active.delete(incoming.socket));
      // A client that has gone makes writing fail; there is nobody left to tell.
      outgoing.on('error', () => undefined);
      const request = requestOf(incoming, outgoing);
      const answer =
        request === undefined ? Promise.resolve(new Response(null, { status: 400 })) : handle(request);
      void answer
        .catch(() => new Response(null, { status: 500 }))
        .then((response) => {
          if (!http.listening) outgoing.shouldKeepAlive = false;
          return writeResponse(response, incoming, outgoing);
        })
        .catch(() => outgoing.destroy());
    },
  );
  http.timeout = timeoutMs;
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, resolve);
  });

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(http.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      // `closeIdleConnections` spares connections that never asked for anything.
      for (const socket of sockets) if (!active.has(socket)) socket.destroy();
      const impatience = setTimeout(() => http.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(impatience);
    },
  };
}
