import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { serveNode, type NodeHost, type NodeHostOptions } from 'syncline/host/node';
import { httpTransport } from 'syncline/transport/http';
import { createSyncServer, type Identity } from '../../../src/server/index.js';
import { memoryStore } from 'syncline/server-store/memory';
import { replica, task } from '../../server/world.js';

const { signal } = new AbortController();
const open: NodeHost[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()));
});

async function serve(
  fetch: (request: Request) => Promise<Response>,
  options: Partial<NodeHostOptions> = {},
): Promise<NodeHost> {
  const host = await serveNode({ fetch }, { port: 0, ...options });
  open.push(host);
  return host;
}

function syncServer() {
  return createSyncServer<Identity>({
    entities: [task],
    store: memoryStore(),
    authenticate: (request) =>
      request.headers.get('authorization') === 'Bearer secret' ? { id: 'ada' } : null,
    authorize: () => true,
  });
}

/** Writes to the port and reads until the other side closes. */
function spoken(url: string, ...lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(lines.join('\r\n')));
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
    socket.on('close', () => resolve(heard)).on('error', reject);
  });
}

describe('the Node host', () => {
  it('serves a sync server to a transport', async () => {
    const host = await serve((request) => syncServerOnce.fetch(request));
    const syncServerOnce = syncServer();
    expect(host.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const transport = httpTransport({ url: `${host.url}/api/v1/sync`, token: 'secret' });
    const phone = replica('phone');
    const operations = Array.from({ length: 300 }, (_, at) =>
      phone.create(`t${at}`, { title: 'x'.repeat(500) }),
    );
    const pushed = await transport.push!({ replica: 'phone', operations }, { signal });
    expect(pushed.results.every(({ status }) => status === 'accepted')).toBe(true);
    const pulled = await transport.pull!({ replica: 'phone', limit: 1000 }, { signal });
    expect(pulled.changes).toHaveLength(300);
    expect(await transport.probe!({ signal })).toBe(true);
    const stranger = httpTransport({ url: `${host.url}/api/v1/sync` });
    await expect(stranger.pull!({ replica: 'phone', limit: 1 }, { signal })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('hands on method, path, headers and body, and hands back status, headers and body', async () => {
    const host = await serve(async (request) => {
      const { pathname, search } = new URL(request.url);
      const text = await request.text();
      const headers = new Headers({ 'x-answer': 'yes' });
      headers.append('set-cookie', 'a=1');
      headers.append('set-cookie', 'b=2');
      return new Response([request.method, pathname, search, request.headers.get('x-ask'), text].join(' '), {
        status: 201,
        headers,
      });
    });
    const answer = await fetch(`${host.url}/a%2fb//c?d=e`, {
      method: 'POST',
      body: 'hello',
      headers: { 'x-ask': 'why' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-answer')).toBe('yes');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await answer.text()).toBe('POST /a%2fb//c ?d=e why hello');
  });

  it('takes a path that looks like a host for a path', async () => {
    const host = await serve(async (request) => new Response(request.url));
    const heard = await spoken(
      host.url,
      'GET //evil.example/push HTTP/1.1',
      'Host: x',
      'Connection: close',
      '',
      '',
    );
    expect(heard).toContain('http://localhost//evil.example/push');
  });

  it.each(['http://evil.example/push', '*'])('refuses the target %s', async (target) => {
    const host = await serve(async () => new Response('reached'));
    const heard = await spoken(
      host.url,
      `OPTIONS ${target} HTTP/1.1`,
      'Host: x',
      'Connection: close',
      '',
      '',
    );
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('refuses a method that no web-standard request can have', async () => {
    const host = await serve(async () => new Response('reached'));
    const heard = await spoken(host.url, 'TRACE / HTTP/1.1', 'Host: x', 'Connection: close', '', '');
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('stays up, and stops producing, when a client goes away in the middle of an answer', async () => {
    let produced = 0;
    let stopped: (() => void) | undefined;
    const cancelled = new Promise<void>((resolve) => (stopped = resolve));
    const host = await serve(async () => {
      const endless = new ReadableStream<Uint8Array>({
        pull: (controller) => (produced++, controller.enqueue(new Uint8Array(65_536))),
        cancel: () => stopped!(),
      });
      return new Response(endless);
    });
    const reader = (await fetch(host.url)).body!.getReader();
    await reader.read();
    await reader.cancel();
    await cancelled;
    expect(produced).toBeLessThan(10_000);
  });

  it('answers a body that is too long although nobody reads it to its end', async () => {
    const server = syncServer();
    const host = await serve((request) => server.fetch(request));
    const answer = await fetch(`${host.url}/api/v1/sync/push`, {
      method: 'POST',
      body: ' '.repeat(20 * 1024 * 1024),
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: { code: 'too-large' } });
  });

  it('reads no more of a body without length than the limit', async () => {
    const server = syncServer();
    const host = await serve((request) => server.fetch(request));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
        if (sent > 64 * 1024 * 1024) controller.close();
      },
    });
    const answer = await fetch(`${host.url}/api/v1/sync/push`, {
      method: 'POST',
      body: endless,
      duplex: 'half',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
    } as RequestInit);
    expect(answer.status).toBe(413);
  });

  it('gives up on a client that sends too slowly', async () => {
    const host = await serve(async (request) => new Response(await request.text()), { timeoutMs: 50 });
    const heard = await spoken(host.url, 'POST / HTTP/1.1', 'Host: x', 'Content-Length: 10', '', 'abc');
    expect(heard).not.toContain('200 OK');
  });

  it('is a 500 when the handler fails, and stays up', async () => {
    let calls = 0;
    const host = await serve(async () => {
      if (++calls === 1) throw new Error('secret');
      return new Response('well');
    });
    const failed = await fetch(host.url);
    expect([failed.status, await failed.text()]).toEqual([500, '']);
    expect(await (await fetch(host.url)).text()).toBe('well');
  });

  it('lets middleware answer in the place of the server', async () => {
    const host = await serve(async () => new Response('server'), {
      middleware: async (request, next) =>
        new URL(request.url).pathname === '/page' ? new Response('page') : next(request),
    });
    expect(await (await fetch(`${host.url}/page`)).text()).toBe('page');
    expect(await (await fetch(`${host.url}/other`)).text()).toBe('server');
  });

  it('lets requests under way end when it closes, and takes no more', async () => {
    let finish: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => {
      void serve(async () => {
        resolve();
        await new Promise<void>((done) => (finish = done));
        return new Response('done');
      }).then((host) => void (started = fetch(host.url).then((answer) => answer.text())));
    });
    let started: Promise<string> | undefined;
    await arrived;
    const [host] = open.splice(0);
    const closed = host!.close();
    finish!();
    expect(await started).toBe('done');
    await closed;
    await expect(fetch(host!.url)).rejects.toThrow();
  });

  it('cuts off what does not end in time when it closes', async () => {
    let reached: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => (reached = resolve));
    const host = await serve(
      () => {
        reached!();
        return new Promise<Response>(() => undefined);
      },
      { graceMs: 20 },
    );
    const call = fetch(host.url);
    const failed = expect(call).rejects.toThrow();
    await arrived;
    await host.close();
    await failed;
  });

  it('rejects when the port is taken', async () => {
    const host = await serve(async () => new Response(''));
    await expect(
      serveNode({ fetch: async () => new Response('') }, { port: Number(new URL(host.url).port) }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('pages elsewhere', () => {
  const origin = 'https://app.example';
  const ask = (url: string, headers: Record<string, string>, method = 'OPTIONS') =>
    fetch(url, { method, headers });

  it('may not call by default', async () => {
    const host = await serve(async () => new Response('well'));
    expect((await ask(host.url, { origin }, 'GET')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('may call when they are on the list', async () => {
    const host = await serve(async () => new Response('well', { headers: { vary: 'accept-encoding' } }), {
      cors: { origins: [origin], credentials: true },
    });
    const preflight = await ask(host.url, { origin, 'access-control-request-method': 'POST' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const answer = await ask(host.url, { origin }, 'GET');
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('access-control-expose-headers')).toContain('retry-after');
    expect(answer.headers.get('vary')).toBe('accept-encoding, origin');
    expect(await answer.text()).toBe('well');
  });

  it('may not call when they are not', async () => {
    const host = await serve(async () => new Response('well'), { cors: { origins: [origin] } });
    for (const method of ['OPTIONS', 'GET']) {
      const answer = await ask(
        host.url,
        { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
        method,
      );
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});
