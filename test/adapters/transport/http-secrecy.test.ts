import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createSyncClient } from 'syncline';
import { serveNode } from 'syncline/host/node';
import { createSyncServer } from 'syncline/server';
import { memoryStore } from 'syncline/server-store/memory';
import { memoryStorage } from 'syncline/storage/memory';
import { httpTransport } from 'syncline/transport/http';
import { task } from '../../support/world.js';

const token = 'canary-5f3a';

test.each<[string, number, (request: Request) => boolean]>([
  ['refuses everybody', 401, () => false],
  ['fails', 500, () => true],
  ['takes everything', 200, () => true],
])('a token is nowhere but in its header: with a server that %s', async (_, status, isKnown) => {
  const told: unknown[] = [];
  const server = createSyncServer({
    entities: [task],
    store: memoryStore(),
    authenticate: (request) => {
      told.push(request.url);
      if (status === 500) throw new Error('out of order');
      return isKnown(request) ? { id: 'ada' } : null;
    },
    authorize: () => true,
    onError: (error) => told.push(error),
  });
  const host = await serveNode(server, {
    port: 0,
    middleware: async (request, next) => {
      expect(request.headers.get('authorization')).toBe(`Bearer ${token}`);
      const answer = await next(request);
      told.push(answer.status, await answer.clone().text(), [...answer.headers]);
      return answer;
    },
  });
  const client = await createSyncClient({
    entities: [task],
    storage: memoryStorage(),
    transport: httpTransport({ url: `${host.url}/api/v1/sync`, token: () => token }),
    auto: false,
  });
  client.status$.subscribe((each) => told.push(each));
  client.events$.subscribe((each) => told.push(each));
  await client.collection(task).create({ id: 't', title: 'T' });
  told.push(await client.sync().catch((error: unknown) => error));
  await host.close();
  told.push(await client.sync().catch((error: unknown) => error));
  told.push(client.outbox.export(), await client.explain(task, 't'));
  expect(told).toContain(status);
  expect(inspect(told, { depth: 20, showHidden: true })).not.toContain(token);
  await client.close();
});
