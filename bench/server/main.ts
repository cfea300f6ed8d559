import { createSyncClient, type SyncRecord } from 'syncline';
import { serveNode } from 'syncline/host/node';
import { createSyncServer, type ServerStore, type SyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { sqliteStore } from 'syncline/server-store/sqlite';
import { memoryStorage } from 'syncline/storage/memory';
import { loopbackTransport } from 'syncline/transport/loopback';
import { filledSpace, type ServerQuestion, type Servers } from '../contract.js';
import { task } from '../entity.js';
import { tasksOf } from '../records.js';
import { serveRaw } from './raw.js';
import { createRecorder } from './recorder.js';

/** A process of its own, as a server is: `server.mjs <origin of the page> <records> <database file>`. */
const [origin = '', records = '0', file = ''] = process.argv.slice(2);
const identity = { id: 'bench' };
const recorder = createRecorder();

const memory = await serve(memoryStore());
const sqlite = await serve(sqliteStore({ file }));
const raw = await serveRaw(origin, tasksOf(Number(records)), await recordsOf(memory.server));
const servers: Servers = { raw: raw.url, memory: memory.host.url, sqlite: sqlite.host.url };
process.send?.(servers);
process.on('message', (question: ServerQuestion) => {
  if (question === 'record') void recorder.start().then(() => process.send?.({}));
  else if (question === 'recorded') void recorder.stop().then((profile) => process.send?.(profile));
  else void stop();
});

async function serve(store: ServerStore) {
  const server = createSyncServer({
    entities: [task],
    store,
    authenticate: () => identity,
    authorize: () => true,
    space: (_, requested) => requested ?? filledSpace,
  });
  const author = await createSyncClient({
    entities: [task],
    storage: memoryStorage(),
    transport: loopbackTransport(server, { identity }),
    space: filledSpace,
    auto: false,
  });
  await author.collection(task).createMany(tasksOf(Number(records)));
  await author.sync();
  await author.close();
  return { server, host: await serveNode(server, { port: 0, cors: { origins: [origin] } }) };
}

/** What a pull brings, record by record. */
async function recordsOf(server: SyncServer): Promise<SyncRecord[]> {
  const found: SyncRecord[] = [];
  for (let cursor: string | undefined; ;) {
    const answer = await server.pull(identity, {
      replica: 'reader',
      space: filledSpace,
      limit: 1000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const change of answer.changes) if (change.kind === 'put') found.push(change.record);
    if (answer.more === false) return found;
    cursor = answer.cursor;
  }
}

async function stop(): Promise<void> {
  await Promise.all([raw.close(), memory.host.close(), sqlite.host.close()]);
  await Promise.all([memory.server.close(), sqlite.server.close()]);
  process.disconnect();
}
