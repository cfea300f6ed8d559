import { getEventListeners } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { httpTransport, type HttpFetch, type HttpTransportOptions } from 'syncline/transport/http';
import { memoryStore } from 'syncline/server-store/memory';
import { createSyncServer, type Identity } from '../../../src/server/index.js';
import { replica, task, testRuntime } from '../../server/world.js';
import { hold } from '../subjects/hold.js';
import { http } from '../subjects/http.js';

const url = 'https://sync.example/api/v1/sync';
const { signal } = new AbortController();
const pullRequest = { replica: 'phone', limit: 10 };
const page = { serverTime: 1, epoch: 'e', changes: [], cursor: 'c', more: false };

/** A transport whose requests end in a function, and what it was asked. */
function withFetch(
  answer: (url: string, init: RequestInit) => Response | Promise<Response>,
  options: Partial<HttpTransportOptions> = {},
) {
  const asked: { url: string; init: RequestInit; headers: Headers }[] = [];
  const fetch: HttpFetch = async (target, init) => {
    asked.push({ url: target, init, headers: new Headers(init.headers) });
    return answer(target, init);
  };
  return { asked, transport: httpTransport({ url, fetch, ...options }) };
}

function json(value: unknown, init: ResponseInit = {}): Response {
  return new Response(JSON.stringify(value), {
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  });
}

function refused(code: string, status: number, headers: Record<string, string> = {}): Response {
  return json({ error: { code, message: 'no' } }, { status, headers });
}

hold(http);

describe('the HTTP transport', () => {
  it('carries a push and a pull to a server and back', async () => {
    const server = createSyncServer<Identity>({
      entities: [task],
      store: memoryStore(),
      runtime: testRuntime(),
      authenticate: (request) =>
        request.headers.get('authorization') === 'Bearer secret' ? { id: 'ada' } : null,
      authorize: () => true,
    });
    const { transport } = withFetch((target, init) => server.fetch(new Request(target, init)), {
      token: 'secret',
    });
    const operations = [replica('phone').create('t1', { title: 'x'.repeat(3000) })];
    const pushed = await transport.push!({ replica: 'phone', operations }, { signal });
    expect(pushed.results).toEqual([{ id: 'phone-1', status: 'accepted', outcome: 'applied', version: 1 }]);
    const pulled = await transport.pull!(pullRequest, { signal });
    expect(pulled.changes).toMatchObject([{ kind: 'put', record: { data: { id: 't1' } } }]);
    expect(await transport.probe!({ signal })).toBe(true);
  });

  it('says who it is and what it speaks', async () => {
    const { transport, asked } = withFetch(() => json(page), {
      url: `${url}/`,
      token: async () => 'secret',
      deviceId: 'phone of ada',
      headers: { 'x-trace': '1' },
    });
    await transport.pull!(pullRequest, { signal });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.url).toBe(`${url}/pull`);
    expect(Object.fromEntries(asked[0]!.headers)).toEqual({
      accept: 'application/json',
      authorization: 'Bearer secret',
      'content-type': 'application/json',
      'syncline-protocol': '1',
      'x-device-id': 'phone of ada',
      'x-trace': '1',
    });
  });

  it('packs what is long, and only that', async () => {
    const { transport, asked } = withFetch(() => json(page));
    await transport.pull!(pullRequest, { signal });
    await transport.pull!({ ...pullRequest, cursor: 'c'.repeat(2000) }, { signal });
    const [short, long] = asked;
    expect(short?.headers.has('content-encoding')).toBe(false);
    expect(long?.headers.get('content-encoding')).toBe('gzip');
    const sent = JSON.parse(gunzipSync(long!.init.body as Uint8Array).toString());
    expect(sent).toEqual({ ...pullRequest, cursor: 'c'.repeat(2000) });
  });

  it('asks for fresh credentials once, and tries again with them', async () => {
    const asks: boolean[] = [];
    const { transport, asked } = withFetch(
      (_, init) =>
        new Headers(init.headers).get('authorization') === 'Bearer new'
          ? json(page)
          : refused('unauthenticated', 401),
      { token: ({ refresh }) => (asks.push(refresh), refresh ? 'new' : 'old') },
    );
    const pages = await Promise.all([
      transport.pull!(pullRequest, { signal }),
      transport.pull!(pullRequest, { signal }),
    ]);
    expect(pages).toHaveLength(2);
    expect(asks).toEqual([false, false, true]);
    expect(asked).toHaveLength(4);
  });

  it('gives up as unauthenticated when fresh credentials are refused too, or there are none', async () => {
    for (const token of [
      undefined,
      'fixed',
      () => 'still bad',
      ({ refresh }: { refresh: boolean }) => (refresh ? undefined : 'old'),
    ]) {
      const { transport, asked } = withFetch(
        () => refused('unauthenticated', 401),
        token === undefined ? {} : { token },
      );
      await expect(transport.pull!(pullRequest, { signal })).rejects.toMatchObject({
        code: 'unauthenticated',
        retryable: true,
      });
      expect(asked.length).toBeLessThanOrEqual(2);
    }
  });

  it('tells whether fresh credentials can be had', async () => {
    const can = async (token: HttpTransportOptions['token']) =>
      withFetch(() => json(page), token === undefined ? {} : { token }).transport.refreshAuth!({ signal });
    expect(await can(() => 'new')).toBe(true);
    expect(await can(() => undefined)).toBe(false);
    expect(await can(() => Promise.reject(new Error('signed out')))).toBe(false);
    expect(await can('fixed')).toBe(false);
    expect(await can(undefined)).toBe(false);
  });

  it.each([
    ['forbidden', 403, 'forbidden', false],
    ['wrong-space', 403, 'forbidden', false],
    ['too-large', 413, 'limit', false],
    ['rate-limited', 429, 'network', true],
    ['protocol-unsupported', 400, 'version', false],
    ['schema-outdated', 409, 'version', false],
    ['cursor-expired', 410, 'cursor-expired', false],
    ['bad-request', 400, 'protocol', false],
    ['internal', 500, 'network', true],
    ['unavailable', 503, 'network', true],
  ])(
    'turns the refusal %s into an error that says what can be done',
    async (refusal, status, code, retryable) => {
      const { transport } = withFetch(() => refused(refusal, status));
      await expect(transport.push!({ replica: 'a', operations: [] }, { signal })).rejects.toMatchObject({
        code,
        retryable,
        details: { refusal },
      });
    },
  );

  it.each([
    ['the page of a hotel', 200, 'text/html', '<html>Log in to surf</html>', 'network'],
    ['a gateway that is down', 502, 'text/html', '<html>Bad gateway</html>', 'network'],
    ['a page that was not found', 404, 'text/html', 'gone', 'network'],
    ['a gateway that wants a login', 401, 'text/html', 'who?', 'unauthenticated'],
    ['a gateway that forbids', 403, 'text/html', 'no', 'forbidden'],
    ['a gateway with a limit', 413, 'text/html', 'too large', 'limit'],
    ['JSON that broke off', 200, 'application/json', '{"changes":[', 'network'],
    ['JSON that is no answer', 200, 'application/json', '{"hello":1}', 'protocol'],
    ['an error that is not ours', 500, 'application/json', '{"message":"oops"}', 'network'],
  ])('takes %s for what it is', async (_, status, type, body, code) => {
    const { transport } = withFetch(() => new Response(body, { status, headers: { 'content-type': type } }));
    await expect(transport.pull!(pullRequest, { signal })).rejects.toMatchObject({ code });
  });

  it('passes on how long to wait', async () => {
    const wait = async (response: Response) =>
      withFetch(() => response).transport.pull!(pullRequest, { signal }).then(
        () => undefined,
        (error: { retryAfterMs: number }) => error.retryAfterMs,
      );
    expect(await wait(refused('unavailable', 503, { 'retry-after': '7' }))).toBe(7000);
    expect(await wait(new Response('', { status: 503, headers: { 'retry-after': '3' } }))).toBe(3000);
    expect(
      await wait(
        json(
          { error: { code: 'rate-limited', message: 'slow', retryAfterMs: 1500 } },
          { status: 429, headers: { 'retry-after': '2' } },
        ),
      ),
    ).toBe(1500);
    const inTenSeconds = await wait(
      refused('unavailable', 503, { 'retry-after': new Date(Date.now() + 10_000).toUTCString() }),
    );
    expect(inTenSeconds).toBeGreaterThan(8000);
    expect(inTenSeconds).toBeLessThan(10_001);
  });

  it('is a network failure when nobody is there', async () => {
    const { transport } = withFetch(() => Promise.reject(new TypeError('fetch failed')));
    await expect(transport.pull!(pullRequest, { signal })).rejects.toMatchObject({
      code: 'network',
      message: expect.stringMatching(/^http.* could not be reached$/) as unknown,
      retryable: true,
      cause: { message: 'fetch failed' },
    });
    expect(await transport.probe!({ signal })).toBe(false);
  });

  const never = (_: string, { signal: both }: RequestInit) =>
    new Promise<Response>((_resolve, reject) =>
      both?.addEventListener('abort', () => reject(both.reason as Error)),
    );

  it('stops waiting when time is up, and when the caller gives up', async () => {
    const { transport } = withFetch(never, { timeoutMs: 5 });
    await expect(transport.pull!(pullRequest, { signal })).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
    });
    expect(await transport.probe!({ signal })).toBe(false);
    const caller = new AbortController();
    const { transport: patient, asked: patientAsked } = withFetch(never);
    const call = patient.pull!(pullRequest, { signal: caller.signal });
    await expect.poll(() => patientAsked.length).toBe(1);
    caller.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    await expect(patient.pull!(pullRequest, { signal: caller.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(patientAsked).toHaveLength(1);
  });

  it('holds on to neither its caller nor its timer once the answer is there', async () => {
    const { transport, asked } = withFetch(() => json(page), { timeoutMs: 20 });
    const caller = new AbortController();
    await transport.pull!(pullRequest, { signal: caller.signal });
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(asked[0]?.init.signal?.aborted).toBe(false);
  });

  it('reads no answer without end', async () => {
    const { transport } = withFetch(() => json('x'.repeat(1000)), { answerBytesMax: 500 });
    await expect(transport.pull!(pullRequest, { signal })).rejects.toMatchObject({ code: 'limit' });
  });

  it('does not take the page of a hotel for a server', async () => {
    const { transport, asked } = withFetch(
      () => new Response('', { headers: { 'content-type': 'text/html' } }),
    );
    expect(await transport.probe!({ signal })).toBe(false);
    expect(asked[0]?.init).toMatchObject({ method: 'HEAD', cache: 'no-store' });
  });
});
