import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createSyncServer, type Identity, type SyncServerOptions } from '../../src/server/index.js';
import { memoryStore } from 'syncline/server-store/memory';
import { contentOf, replica, startMs, task, testRuntime } from './world.js';

const origin = 'https://sync.example';

function createServed(options: Partial<SyncServerOptions> = {}) {
  const runtime = testRuntime();
  const store = memoryStore();
  const asked: string[] = [];
  const server = createSyncServer<Identity>({
    entities: [task],
    store,
    runtime,
    authenticate: (request) => {
      asked.push(new URL(request.url).pathname);
      const [, name] = /^Bearer (\w+)$/.exec(request.headers.get('authorization') ?? '') ?? [];
      return name === undefined ? null : { id: name };
    },
    authorize: () => true,
    ...options,
  });
  const call = (path: string, init: RequestInit = {}) => server.fetch(new Request(origin + path, init));
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    call(path, {
      method: 'POST',
      body:
        typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
      headers: { 'content-type': 'application/json', authorization: 'Bearer ada', ...headers },
    });
  return { server, store, runtime, asked, call, post };
}

const push = (...operations: unknown[]) => ({ replica: 'phone', operations });
const refusalOf = async (response: Response) => ({
  status: response.status,
  code: ((await response.json()) as { error: { code: string } }).error.code,
});

describe('the server over HTTP', () => {
  it('takes a push and gives it out again', async () => {
    const { post } = createServed();
    const pushed = await post('/api/v1/sync/push', push(replica('phone').create('t1')));
    expect(pushed.status).toBe(200);
    expect(pushed.headers.get('syncline-protocol')).toBe('1');
    expect(pushed.headers.get('cache-control')).toBe('no-store');
    expect(await pushed.json()).toMatchObject({ results: [{ status: 'accepted' }], serverTime: startMs });
    const pulled = await post('/api/v1/sync/pull', { replica: 'phone', limit: 10 });
    expect(await pulled.json()).toMatchObject({
      changes: [{ kind: 'put', record: { id: 't1' } }],
      more: false,
    });
  });

  it('tells everyone that it is well, and nobody more', async () => {
    const { call, asked } = createServed();
    const head = await call('/api/v1/sync/health', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(await (await call('/api/v1/sync/health')).json()).toMatchObject({
      serverTime: startMs,
      protocol: [1],
    });
    expect(asked).toEqual([]);
  });

  it('is not well when its store does not answer', async () => {
    const errors: unknown[] = [];
    const store = { ...memoryStore(), epoch: () => Promise.reject(new Error('disk gone')) };
    const { call } = createServed({ store, onError: (error) => errors.push(error) });
    expect(await refusalOf(await call('/api/v1/sync/health'))).toEqual({ status: 503, code: 'unavailable' });
    expect(errors).toHaveLength(1);
  });

  it('is not there any more once it was closed', async () => {
    const { server, call, post } = createServed();
    await server.close();
    expect((await call('/api/v1/sync/health')).status).toBe(503);
    const answer = await post('/api/v1/sync/pull', { replica: 'phone', limit: 1 });
    expect(await refusalOf(answer)).toEqual({ status: 503, code: 'unavailable' });
  });

  it('listens below another path where it is told to', async () => {
    const { call } = createServed({ basePath: '/sync' });
    expect((await call('/sync/health')).status).toBe(200);
    expect((await call('/api/v1/sync/health')).status).toBe(404);
  });

  it('says no more than that it failed, and tells the operator what', async () => {
    const errors: unknown[] = [];
    const { post } = createServed({
      authorize: () => {
        throw new Error('password of the database is hunter2');
      },
      onError: (error) => errors.push(error),
    });
    const answer = await post('/api/v1/sync/push', push(replica('phone').create('t1')));
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toContain('hunter2');
    expect(errors).toMatchObject([{ message: expect.stringContaining('hunter2') }]);
  });
});

describe('who may call', () => {
  const body = push(replica('phone').create('t1'));

  it('refuses whoever is not known', async () => {
    const { post, store } = createServed();
    const answer = await post('/api/v1/sync/push', body, { authorization: 'Basic x' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refusalOf(answer)).toEqual({ status: 401, code: 'unauthenticated' });
    expect((await contentOf(store)).records).toEqual([]);
  });

  it.each([
    ['authenticate', { authenticate: undefined }, 401],
    ['authorize', { authorize: undefined }, 403],
  ])('refuses everything without %s, and says that it is missing', async (missing, without, status) => {
    const { post, store } = createServed(without as unknown as Partial<SyncServerOptions>);
    for (const [path, request] of [
      ['push', body],
      ['pull', { replica: 'phone', limit: 1 }],
      ['delta', { entity: 'task', id: 't1', version: 0, fields: {} }],
      ['conflicts/x/resolve', { resolution: 'local', operationId: 'y' }],
    ] as const) {
      const answer = await post(`/api/v1/sync/${path}`, request);
      expect(answer.status).toBe(status);
      expect(await answer.text()).toContain(`has no \`${missing}\``);
    }
    expect((await contentOf(store)).outcomes).toEqual([]);
  });

  it('allows everything in development, and only there', async () => {
    const runtime = testRuntime();
    const server = createSyncServer({ entities: [task], store: memoryStore(), runtime, mode: 'development' });
    const answer = await server.fetch(
      new Request(`${origin}/api/v1/sync/push`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    );
    expect(answer.status).toBe(200);
  });

  it.each([
    '/api/v1/sync//push',
    '//api/v1/sync/push',
    '/api/v1/sync/push/',
    '/api/v1/sync%2fpush',
    '/api/v1/sync/%70ush',
    '/api/v1/sync/push%00',
    '/api/v1/sync/PUSH',
    '/api/v1/sync/push;a=b',
    '/api/v1/sync/conflicts/a%2Fb/resolve',
    '/api/v1/sync/conflicts//resolve',
    '/api/v1/syncpush',
    '/api/v1/sync/toString',
    '/api/v1/sync/health/../../push',
  ])('has no call at %s', async (path) => {
    const { post, asked } = createServed();
    const answer = await post(path, body);
    expect(await answer.clone().text()).toContain('all are below /api/v1/sync');
    expect(await refusalOf(answer)).toEqual({ status: 404, code: 'not-found' });
    expect(asked).toEqual([]);
  });

  it.each(['/api/v1/sync/x/../push', '/api/v1/sync/push?token=x#y', '/api/v1/sync/%2e/push'])(
    'asks who is there when %s is another spelling of a call',
    async (path) => {
      const { post, asked } = createServed();
      expect((await post(path, body, { authorization: '' })).status).toBe(401);
      expect(asked).toHaveLength(1);
    },
  );

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('has no call for %s /push', async (method) => {
    const { call } = createServed();
    expect((await call('/api/v1/sync/push', { method })).status).toBe(404);
  });

  it('keeps everyone in their own space', async () => {
    const { post } = createServed({ authenticate: () => ({ id: 'ada', space: 'team-a' }) });
    const request = { replica: 'phone', limit: 10 };
    expect((await post('/api/v1/sync/pull', { ...request, space: 'team-a' })).status).toBe(200);
    expect(await refusalOf(await post('/api/v1/sync/pull', { ...request, space: 'team-b' }))).toEqual({
      status: 403,
      code: 'wrong-space',
    });
  });

  it('counts the requests of each caller', async () => {
    const { post, runtime } = createServed({ limits: { requestBurst: 2, requestsPerSecond: 1 } });
    const request = { replica: 'phone', limit: 10 };
    const statuses = async (who: string, times: number) => {
      const answers: Response[] = [];
      for (let at = 0; at < times; at++)
        answers.push(await post('/api/v1/sync/pull', request, { authorization: `Bearer ${who}` }));
      return answers;
    };
    const answers = await statuses('ada', 3);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]?.headers.get('retry-after')).toBe('1');
    expect((await statuses('bob', 1)).map(({ status }) => status)).toEqual([200]);
    runtime.nowMs += 1000;
    expect((await statuses('ada', 2)).map(({ status }) => status)).toEqual([200, 429]);
  });
});

describe('bodies', () => {
  const big = push(replica('phone').create('t1', { title: 'x'.repeat(5000) }));

  it('unpacks gzip, and packs long answers for those who can read them', async () => {
    const { post } = createServed();
    const packed = gzipSync(JSON.stringify(big));
    expect((await post('/api/v1/sync/push', packed, { 'content-encoding': 'gzip' })).status).toBe(200);
    const request = { replica: 'phone', limit: 10 };
    const plain = await post('/api/v1/sync/pull', request);
    expect(plain.headers.get('content-encoding')).toBeNull();
    const answer = await post('/api/v1/sync/pull', request, { 'accept-encoding': 'br, gzip' });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    const text = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
    expect(JSON.parse(text)).toEqual(await plain.json());
    const refused = await post('/api/v1/sync/pull', request, { 'accept-encoding': 'gzip;q=0' });
    expect(refused.headers.get('content-encoding')).toBeNull();
  });

  it.each([
    ['not JSON', '{"replica":', {}, 400, 'bad-request'],
    ['another media type', '{}', { 'content-type': 'text/plain' }, 400, 'bad-request'],
    ['another encoding', '{}', { 'content-encoding': 'br' }, 400, 'bad-request'],
    ['broken gzip', 'not gzip at all', { 'content-encoding': 'gzip' }, 400, 'bad-request'],
    [
      'half a gzip',
      gzipSync(JSON.stringify(big)).subarray(0, 40),
      { 'content-encoding': 'gzip' },
      400,
      'bad-request',
    ],
    [
      'a gzip bomb',
      gzipSync('[' + ' '.repeat(50 * 1024 * 1024)),
      { 'content-encoding': 'gzip' },
      413,
      'too-large',
    ],
    ['too much', ' '.repeat(1024 * 1024 + 1), {}, 413, 'too-large'],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 400, 'bad-request'],
    ['another protocol', '{}', { 'syncline-protocol': '2' }, 400, 'protocol-unsupported'],
  ])('refuses %s and stores nothing', async (_, body, headers, status, code) => {
    const { post, store } = createServed();
    const before = await contentOf(store);
    expect(await refusalOf(await post('/api/v1/sync/push', body, headers as Record<string, string>))).toEqual(
      { status, code },
    );
    expect(await contentOf(store)).toEqual(before);
  });

  it('stops unpacking at the limit', async () => {
    const { post } = createServed();
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 });
    const before = process.memoryUsage().arrayBuffers;
    expect((await post('/api/v1/sync/push', bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * 1024 * 1024);
  });

  it('names the protocols it speaks to one that speaks another', async () => {
    const { post } = createServed();
    const answer = await post('/api/v1/sync/pull', {}, { 'syncline-protocol': '9' });
    expect(await answer.json()).toMatchObject({
      error: { details: { supported: [1] } },
      serverTime: startMs,
    });
  });
});
