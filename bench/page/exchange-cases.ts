import { createSyncClient, type Operation, type TransportAdapter } from 'syncline';
import { memoryStorage } from 'syncline/storage/memory';
import { httpTransport } from 'syncline/transport/http';
import { filledSpace, type Contender, type Servers } from '../contract.js';
import { task } from '../entity.js';
import { tasksOf, type Task } from '../records.js';
import { openRaw } from './raw.js';
import { openSyncline, type SynclineStore } from './syncline.js';
import { timed } from './timing.js';

/** Operations in one request, as by default. */
const batchSize = 500;

/**
 * Sends a queue. `raw`: the same JSON, from memory. `app`: the bare records, from a queue in IndexedDB whose rows are
 * deleted with each answer, which is the least an application must do.
 */
export const push: Readonly<Record<string, Contender>> = {
  async raw({ load, servers }) {
    const operations = await operationsOf(tasksOf(load.records));
    const send = async () => {
      for (const batch of batchesOf(operations))
        await post(`${servers.raw}/operations`, { replica: 'raw', operations: batch });
    };
    return { run: async () => [await timed(send)], dispose: async () => {} };
  },
  async app({ load, servers, round }) {
    const store = await openRaw(`raw-${round}`);
    await store.putAll(tasksOf(load.records));
    const send = async () => {
      for (const batch of batchesOf(await store.all())) {
        await post(`${servers.raw}/tasks`, batch);
        await store.deleteAll(batch.map(({ id }) => id));
      }
    };
    return { run: async () => [await timed(send)], dispose: () => store.destroy() };
  },
  syncline: synclinePush('memory'),
  sqlite: synclinePush('sqlite'),
};

/**
 * Fetches all records into an empty store. `raw`: the same JSON, which is then let go. `app`: the bare records, each put
 * into IndexedDB, page by page.
 */
export const pull: Readonly<Record<string, Contender>> = {
  async raw({ servers }) {
    const fetchAll = () => eachPage<unknown>(`${servers.raw}/changes`, async () => {});
    return { run: async () => [await timed(fetchAll)], dispose: async () => {} };
  },
  async app({ servers, round }) {
    const store = await openRaw(`raw-${round}`);
    const fetchAll = () =>
      eachPage<{ tasks: Task[] }>(`${servers.raw}/tasks`, ({ tasks }) => store.putAll(tasks));
    return { run: async () => [await timed(fetchAll)], dispose: () => store.destroy() };
  },
  syncline: synclinePull('memory'),
  sqlite: synclinePull('sqlite'),
};

function synclinePush(server: keyof Servers): Contender {
  return async ({ load, servers, round }) => {
    const wire = countingTransport(servers[server]);
    const name = `syncline-${round}`;
    const store = await openSyncline({ name, transport: wire.transport, space: `push-${round}` });
    await store.tasks.createMany(tasksOf(load.records));
    return {
      async run() {
        const { ms = NaN } = await timed(() => store.client.sync());
        expectNone(store.client.outbox.stats().pending);
        return [{ ms, bytesPerOperation: wire.bytes() / load.records }];
      },
      dispose: () => store.destroy(),
    };
  };
}

function synclinePull(server: keyof Servers): Contender {
  return async ({ load, servers, round }) => {
    const { transport } = countingTransport(servers[server]);
    const store = await openSyncline({ name: `syncline-${round}`, transport, space: filledSpace });
    return {
      async run() {
        const sample = await timed(() => store.client.sync());
        await expectAll(store, load.records);
        return [sample];
      },
      dispose: () => store.destroy(),
    };
  };
}

/** Counts the bytes of the bodies that are sent. */
function countingTransport(url: string): { readonly transport: TransportAdapter; bytes(): number } {
  let bytes = 0;
  const transport = httpTransport({
    url: `${url}/api/v1/sync`,
    fetch(target, init) {
      const { body } = init;
      bytes += body instanceof Uint8Array ? body.byteLength : typeof body === 'string' ? body.length : 0;
      return fetch(target, init);
    },
  });
  return { transport, bytes: () => bytes };
}

async function operationsOf(tasks: readonly Task[]): Promise<Operation[]> {
  const author = await createSyncClient({
    entities: [task],
    storage: memoryStorage(),
    transport: {},
    auto: false,
  });
  await author.collection(task).createMany(tasks);
  const operations = author.outbox.list().map(({ operation }) => operation);
  await author.close();
  return operations;
}

function batchesOf<T>(values: readonly T[]): T[][] {
  const batches: T[][] = [];
  for (let from = 0; from < values.length; from += batchSize)
    batches.push(values.slice(from, from + batchSize));
  return batches;
}

async function post(url: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return response.json();
}

async function eachPage<Page>(url: string, take: (page: Page) => Promise<void>): Promise<void> {
  for (let page = 0; ; page++) {
    const answer = (await (await fetch(`${url}?page=${page}`)).json()) as Page & { readonly more: boolean };
    await take(answer);
    if (!answer.more) return;
  }
}

function expectNone(pending: number): void {
  if (pending !== 0) throw new Error(`${pending} operations were not sent`);
}

async function expectAll({ tasks }: SynclineStore, records: number): Promise<void> {
  const { length } = await tasks.list();
  if (length !== records) throw new Error(`${length} of ${records} records are there`);
}
