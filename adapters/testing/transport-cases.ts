import { isSyncError, type SyncErrorCode } from 'syncline';
import { holds, rejects, resolves, same, told } from './check.js';
import { malformed, pullExchanges, pushExchanges } from './transport-shapes.js';
import { echo, transportCase, type TransportCase } from './transport-world.js';

/** Codes of a refusal on the wire, and what they are to a caller. Only those that are `network` may be tried again. */
const refusals: Readonly<Record<string, SyncErrorCode>> = {
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  'wrong-space': 'forbidden',
  'not-found': 'not-found',
  'too-large': 'limit',
  'rate-limited': 'network',
  'protocol-unsupported': 'version',
  'schema-outdated': 'version',
  'cursor-expired': 'cursor-expired',
  'bad-request': 'protocol',
  internal: 'network',
  unavailable: 'network',
  'never-heard-of': 'protocol',
};

const retryable: ReadonlySet<SyncErrorCode> = new Set(['network', 'unauthenticated']);

/**
 * What every `TransportAdapter` must do, whatever carries it.
 *
 * @example
 * ```ts
 * import { transportCases, type TransportSetup } from 'syncline/testing';
 *
 * declare const setup: TransportSetup; // docs/write-a-transport.md shows one
 * for (const { run } of transportCases) await run(setup);
 * ```
 */
export const transportCases: readonly TransportCase[] = [
  transportCase('a push arrives as it was sent, and its answer as it was given', async (world) => {
    if (!world.kinds.includes('push')) return;
    for (const [request, answer] of pushExchanges) {
      world.server = () => ({ body: answer });
      same(await resolves(world.send('push', request), 'a push'), answer, 'the answer');
      same(world.calls.at(-1)?.request, request, 'the request');
    }
  }),

  transportCase('a pull arrives as it was sent, and its answer as it was given', async (world) => {
    if (!world.kinds.includes('pull')) return;
    for (const [request, answer] of pullExchanges) {
      world.server = () => ({ body: answer });
      same(await resolves(world.send('pull', request), 'a pull'), answer, 'the answer');
      same(world.calls.at(-1)?.request, request, 'the request');
    }
  }),

  transportCase('what a newer server adds to an answer does no harm', async (world) => {
    world.server = (call) => ({ body: { ...(echo(call) as object), hints: [{ later: true }], cursor: 'c' } });
    for (const kind of world.kinds)
      same((await resolves(world.call(kind, 'a'), `a ${kind}`)).cursor, 'c', 'the cursor');
  }),

  transportCase(
    'calls under way at once do not wait for each other, and each gets its own answer',
    async (world) => {
      const held = world.holdAll();
      const labels = Array.from({ length: 8 }, (_, at) => `call ${at}`);
      const calls = labels.map((label, at) => world.call(world.kinds[at % world.kinds.length]!, label));
      const all = Promise.all(calls);
      await Promise.race([all, world.arrived(labels.length)]);
      for (const at of [...labels.keys()].reverse()) {
        held[at]!();
        const label = (world.calls[at]?.request as { cursor: string }).cursor;
        same((await calls[labels.indexOf(label)])?.cursor, label, 'the cursor of the answer');
      }
      await all;
    },
  ),

  transportCase('an answer that comes twice is taken once', async (world) => {
    world.server = (call) => ({ body: echo(call), fault: 'twice' });
    for (const kind of [...world.kinds, ...world.kinds, ...world.kinds]) {
      const label = `call ${world.calls.length}`;
      await world.answers(kind, label, `a ${kind} among answers that come twice`);
    }
  }),

  transportCase('a call that was given up before it began is never sent', async (world) => {
    for (const kind of world.kinds)
      await rejects(world.call(kind, 'a', AbortSignal.abort()), 'aborted', 'a call that was given up');
    for (const kind of world.kinds) await world.call(kind, 'b');
    same(world.calls.length, world.kinds.length, 'number of calls that arrived');
  }),

  transportCase('a call that is given up while it waits rejects at once', async (world) => {
    world.holdAll();
    for (const kind of world.kinds) {
      const caller = new AbortController();
      const arrived = world.arrived(world.calls.length + 1);
      const call = rejects(world.call(kind, 'a', caller.signal), 'aborted', 'a call that was given up');
      await Promise.race([call, arrived]);
      caller.abort();
      const error = await call;
      holds(!error.retryable, 'an aborted call calls itself retryable');
    }
  }),

  transportCase('an answer to a call that was given up is dropped', async (world) => {
    for (const kind of world.kinds) {
      const held = world.holdAll();
      const caller = new AbortController();
      const arrived = world.arrived(world.calls.length + 1);
      const late = rejects(world.call(kind, 'late', caller.signal), 'aborted', 'a call that was given up');
      await Promise.race([late, arrived]);
      caller.abort();
      await late;
      world.server = (call) => ({ body: echo(call) });
      held.at(-1)!();
      for (const label of ['next', 'and next'])
        await world.answers(kind, label, 'a call after one that was given up');
    }
  }),

  transportCase('giving up one call leaves the others alone', async (world) => {
    const held = world.holdAll();
    const caller = new AbortController();
    const [kind] = world.kinds;
    const gone = rejects(world.call(kind!, 'gone', caller.signal), 'aborted', 'a call that was given up');
    const stays = world.call(kind!, 'stays');
    await Promise.race([gone, stays, world.arrived(2)]);
    caller.abort();
    await gone;
    for (const release of held) release();
    same((await stays).cursor, 'stays', 'the cursor of the other answer');
  }),

  transportCase('a refusal rejects with what it means, and whether to try again', async (world) => {
    for (const [code, expected] of Object.entries(refusals)) {
      world.server = () => ({
        body: { error: { code, message: `refused: ${code}`, details: { why: code } } },
      });
      for (const kind of world.kinds) {
        const error = await rejects(world.call(kind, 'a'), expected, `the refusal ${code}`);
        same(error.retryable, retryable.has(expected), `whether ${code} may be tried again`);
        // What failed inside a server is nobody else's business.
        if (code === 'internal') continue;
        holds(error.message.includes(code), `the message of ${code} is ${error.message}`);
        same(error.details['why'], code, `the details of ${code}`);
      }
    }
  }),

  transportCase('how long to wait comes along with a refusal', async (world) => {
    for (const retryAfterMs of [0, 7_000]) {
      const error = { code: 'rate-limited', message: 'slowly', retryAfterMs };
      world.server = () => ({ body: { error } });
      for (const kind of world.kinds)
        same(
          (await rejects(world.call(kind, 'a'), 'network', 'the refusal')).retryAfterMs,
          retryAfterMs,
          'ms',
        );
    }
    world.server = () => ({ body: { error: { code: 'unavailable', message: 'down' } } });
    for (const kind of world.kinds)
      same(
        (await rejects(world.call(kind, 'a'), 'network', 'the refusal')).retryAfterMs,
        undefined,
        'no wait',
      );
  }),

  transportCase('an answer that is none is a breach of the protocol', async (world) => {
    for (const kind of world.kinds) {
      for (const body of malformed[kind]) {
        world.server = () => ({ body });
        const what = `a ${kind} answered with ${JSON.stringify(body).slice(0, 200)}`;
        const error = await rejects(world.call(kind, 'a'), 'protocol', what);
        holds(!error.retryable, 'a breach of the protocol calls itself retryable');
      }
    }
    world.server = (call) => ({ body: echo(call) });
    for (const kind of world.kinds) await world.answers(kind, 'next', 'a good answer after a bad one');
  }),

  transportCase('what fails is a SyncError, whatever it was', async (world) => {
    world.server = () => {
      throw new TypeError('out of order');
    };
    for (const kind of world.kinds) {
      const error: unknown = await world.call(kind, 'a').then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      holds(isSyncError(error), `a server that failed made the call reject with ${told(error)}`);
    }
  }),

  transportCase('a probe says that a server answers', async (world) => {
    if (world.transport.probe === undefined) return;
    same(await world.probe(), true, 'a probe of a server that answers');
    same(typeof (await world.probe(AbortSignal.abort())), 'boolean', 'what a probe says that was given up');
    same(world.calls, [], 'calls');
  }),
];
