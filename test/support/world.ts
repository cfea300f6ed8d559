import {
  concat,
  createSyncClient,
  defineEntity,
  latest,
  max,
  merge,
  union,
  type ClientOptions,
  type EntityDefinition,
  type SyncClient,
} from 'syncline';
import { createSyncServer, type SyncServerOptions } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import { loopbackTransport, type LoopbackMiddleware } from 'syncline/transport/loopback';
import { z } from 'zod';

export const task = defineEntity({
  name: 'task',
  schema: z.object({
    id: z.string(),
    title: z.string(),
    notes: z.string().optional(),
    minutes: z.number().optional(),
    tags: z.array(z.string()).optional(),
  }),
  strategy: merge({
    fields: { '/notes': concat(), '/minutes': max(), '/tags': union() },
    otherwise: latest(),
  }),
  indexes: ['minutes'],
});

/** One server and any number of devices, in one process, with the real parts between them. */
export function createWorld(
  entities: readonly EntityDefinition<object>[] = [task],
  serverOptions: Partial<SyncServerOptions> = {},
) {
  const store = memoryStore();
  const server = createSyncServer({ entities, store, mode: 'development', ...serverOptions });
  const open: SyncClient[] = [];
  return {
    store,
    server,
    /** A device that syncs only when told to. */
    async device(
      options: Partial<ClientOptions> & { readonly middleware?: LoopbackMiddleware } = {},
    ): Promise<SyncClient> {
      const { middleware, ...rest } = options;
      const client = await createSyncClient({
        entities,
        storage: memoryStorage({ store: createMemoryStore() }),
        transport: loopbackTransport(server, {
          identity: { id: 'ada' },
          ...(middleware === undefined ? {} : { middleware }),
        }),
        auto: false,
        ...rest,
      });
      open.push(client);
      return client;
    },
    async close() {
      for (const client of open) await client.close();
    },
  };
}
