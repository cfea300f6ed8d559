import { describe, expect, it } from 'vitest';
import { loopbackTransport, type LoopbackMiddleware } from 'syncline/transport/loopback';
import { SyncError } from '../../../src/errors.js';
import { ada, createWorld, replica } from '../../server/world.js';
import { hold } from '../subjects/hold.js';
import { loopback } from '../subjects/loopback.js';

const { signal } = new AbortController();

hold(loopback);

describe('the loopback transport', () => {
  it('carries a push and a pull to a server in the same process', async () => {
    const { server } = createWorld();
    const transport = loopbackTransport(server, { identity: ada });
    const create = replica('phone').create('t1');
    expect(
      (await transport.push!({ replica: 'phone', operations: [create] }, { signal })).results,
    ).toMatchObject([{ status: 'accepted' }]);
    expect((await transport.pull!({ replica: 'phone', limit: 5 }, { signal })).changes).toMatchObject([
      { kind: 'put' },
    ]);
    expect(await transport.probe!({ signal })).toBe(true);
  });

  it('shares no object with the server', async () => {
    const { server, store } = createWorld();
    const transport = loopbackTransport(server, { identity: ada });
    const create = replica('phone').create('t1', { title: 'Tea' });
    await transport.push!({ replica: 'phone', operations: [create] }, { signal });
    (create.changes[0]!.value as { title: string }).title = 'altered';
    const page = await transport.pull!({ replica: 'phone', limit: 5 }, { signal });
    expect(page.changes).toMatchObject([{ record: { data: { title: 'Tea' } } }]);
    const [change] = page.changes;
    if (change?.kind === 'put') (change.record.data as { title: string }).title = 'altered';
    expect((await store.changesSince('default', { after: 0, limit: 5 })).records).toMatchObject([
      { data: { title: 'Tea' } },
    ]);
  });

  it('refuses as a real wire would', async () => {
    const { server } = createWorld({ authorize: undefined as never });
    const transport = loopbackTransport(server, { identity: ada });
    await expect(transport.pull!({ replica: 'phone', limit: 5 }, { signal })).rejects.toMatchObject({
      code: 'forbidden',
      details: { refusal: 'forbidden' },
    });
    await expect(transport.pull!({ replica: 'phone', limit: 0 }, { signal })).rejects.toMatchObject({
      code: 'protocol',
    });
  });

  it('hides what failed inside the server behind a retryable error', async () => {
    const { server } = createWorld({ authorize: () => Promise.reject(new Error('secret')) });
    const transport = loopbackTransport(server, { identity: ada });
    const operations = [replica('phone').create('t1')];
    const failed = transport.push!({ replica: 'phone', operations }, { signal });
    await expect(failed).rejects.toMatchObject({
      code: 'network',
      retryable: true,
      message: 'the server failed',
    });
  });

  it('lets middleware lose, repeat and alter what passes', async () => {
    const { server, store } = createWorld();
    const seen: string[] = [];
    const middleware: LoopbackMiddleware = async ({ kind, request }, next) => {
      seen.push(kind);
      if (kind === 'pull') throw new SyncError('network', 'cut');
      await next(request);
      return next(request);
    };
    const transport = loopbackTransport(server, { identity: ada, middleware });
    const answer = await transport.push!(
      { replica: 'phone', operations: [replica('phone').create('t1')] },
      { signal },
    );
    expect(answer.results).toMatchObject([{ status: 'accepted', outcome: 'duplicate', version: 1 }]);
    await expect(transport.pull!({ replica: 'phone', limit: 5 }, { signal })).rejects.toMatchObject({
      code: 'network',
    });
    expect(seen).toEqual(['push', 'pull']);
    expect(await store.bounds('default')).toMatchObject({ head: 1 });
  });

  it('drops the answer to a call that was given up', async () => {
    const { server } = createWorld();
    const caller = new AbortController();
    const middleware: LoopbackMiddleware = async ({ request }, next) => {
      const answer = await next(request);
      caller.abort();
      return answer;
    };
    const transport = loopbackTransport(server, { identity: ada, middleware });
    for (let at = 0; at < 2; at++) {
      await expect(
        transport.pull!({ replica: 'phone', limit: 5 }, { signal: caller.signal }),
      ).rejects.toMatchObject({ code: 'aborted' });
    }
  });
});
