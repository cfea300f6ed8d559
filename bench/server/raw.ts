import type { Operation, SyncRecord } from 'syncline';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Task } from '../records.js';

/** Records on one page, as a pull has them by default. */
const pageSize = 1000;

/**
 * The limit for an exchange: JSON over `node:http`, kept in a Map, nothing checked. `/operations` and `/changes` carry
 * what Syncline carries; `/tasks` carries the bare records.
 */
export async function serveRaw(origin: string, tasks: readonly Task[], records: readonly SyncRecord[]) {
  const kept = new Map<string, unknown>();
  const server = createServer((request, response) => {
    void answer(request).then((body) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'access-control-allow-origin': origin,
        'access-control-allow-headers': 'content-type',
        'access-control-max-age': '600',
      });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });

  async function answer(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const from = Number(searchParams.get('page')) * pageSize;
    switch (`${request.method} ${pathname}`) {
      case 'POST /operations': {
        const { operations } = JSON.parse(await text(request)) as { operations: Operation[] };
        for (const operation of operations) kept.set(operation.entityId, operation);
        return {
          results: operations.map(({ id }) => ({ id, status: 'accepted', outcome: 'applied', version: 1 })),
        };
      }
      case 'POST /tasks': {
        const received = JSON.parse(await text(request)) as Task[];
        for (const task of received) kept.set(task.id, task);
        return { stored: received.length };
      }
      case 'GET /changes':
        return {
          changes: records.slice(from, from + pageSize).map((record) => ({ kind: 'put', record })),
          more: from + pageSize < records.length,
        };
      case 'GET /tasks':
        return { tasks: tasks.slice(from, from + pageSize), more: from + pageSize < tasks.length };
      default:
        return undefined;
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
