import { serveNode, type NodeHost } from 'syncline/host/node';
import { createSyncServer, type SyncServerOptions } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { wireEntity, type WireSetup } from 'syncline/testing';

export const token = 'ada-token';

export type Middleware = NonNullable<Parameters<typeof serveNode>[1]['middleware']>;

export interface Served {
  readonly setup: WireSetup;
  close(): Promise<void>;
}

/** The project's own server behind a port, with whatever stands before it. */
export async function serve(
  options: Partial<SyncServerOptions> = {},
  middleware: Middleware = (request, next) => next(request),
): Promise<Served> {
  const server = createSyncServer({
    entities: [wireEntity()],
    store: memoryStore(),
    authenticate: (request) =>
      request.headers.get('authorization') === `Bearer ${token}` ? { id: 'ada' } : null,
    authorize: () => true,
    limits: { requestsPerSecond: 100_000, requestBurst: 100_000 },
    ...options,
  });
  const host: NodeHost = await serveNode(server, { port: 0, middleware });
  return {
    setup: { url: `${host.url}/api/v1/sync`, token },
    close: async () => {
      await host.close();
      await server.close();
    },
  };
}
