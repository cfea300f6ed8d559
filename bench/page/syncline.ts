import {
  createSyncClient,
  type Collection,
  type StorageAdapter,
  type SyncClient,
  type TransportAdapter,
} from 'syncline';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { idbStorage } from 'syncline/storage/idb';
import { memoryStorage } from 'syncline/storage/memory';
import { loopbackTransport } from 'syncline/transport/loopback';
import { task } from '../entity.js';
import type { Task } from '../records.js';

/** A client over IndexedDB as an application has it, and its one collection. */
export interface SynclineStore {
  readonly client: SyncClient;
  readonly tasks: Collection<Task>;
  /** When the newest commit of the storage was durable, by `performance.now`. */
  committedAt(): number;
  close(): Promise<void>;
  destroy(): Promise<void>;
}

export interface SynclineOptions {
  readonly name: string;
  readonly durability?: 'relaxed' | 'strict';
  /** Default: a transport that offers nothing. */
  readonly transport?: TransportAdapter;
  readonly space?: string;
}

/** Syncs only when told to: what is timed is the write, the read or the exchange, one at a time. */
export async function openSyncline({
  name,
  durability = 'relaxed',
  transport = {},
  space,
}: SynclineOptions): Promise<SynclineStore> {
  const storage = idbStorage({ name, durability });
  let committedAt = NaN;
  const client = await createSyncClient({
    entities: [task],
    storage: observed(storage, () => (committedAt = performance.now())),
    transport,
    auto: false,
    ...(space === undefined ? {} : { space }),
  });
  return {
    client,
    tasks: client.collection(task),
    committedAt: () => committedAt,
    close: async () => void (await client.close()),
    destroy: async () => void (await client.close({ pending: 'discard' })),
  };
}

function observed(storage: StorageAdapter, committed: () => void): StorageAdapter {
  return {
    open: (layout, signals) => storage.open(layout, signals),
    get: (table, ids) => storage.get(table, ids),
    scan: (table, options) => storage.scan(table, options),
    commit: (writes, reads) => {
      const committing = storage.commit(writes, reads);
      void committing.then(committed, () => undefined);
      return committing;
    },
    close: () => storage.close(),
    destroy: () => storage.destroy(),
  };
}

/** A client whose records came from a server, so that its outbox is empty: an application in its daily life. */
export async function openSynced(
  name: string,
  records: readonly Task[],
  durability: 'relaxed' | 'strict' = 'relaxed',
): Promise<SynclineStore> {
  const server = createSyncServer({ entities: [task], store: memoryStore(), mode: 'development' });
  const transport = () => loopbackTransport(server, { identity: { id: 'bench' } });
  const author = await createSyncClient({
    entities: [task],
    storage: memoryStorage(),
    transport: transport(),
    auto: false,
  });
  await author.collection(task).createMany(records);
  await author.sync();
  await author.close();
  const store = await openSyncline({ name, durability, transport: transport() });
  await store.client.sync();
  return store;
}
