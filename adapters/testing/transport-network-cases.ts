import { holds, rejects, resolves, same, told } from './check.js';
import { isSyncError } from 'syncline';
import {
  echo,
  transportCase,
  type NetworkFault,
  type TransportCase,
  type TransportWorld,
} from './transport-world.js';

/** Time for the call that follows a failure, too, on a machine that is busy. */
const timeoutMs = 500;

/** Long enough to be packed where anything is, and not too long for a cursor. */
const long = 'ä 😀 and some more of it. '.repeat(2_500);

/** What a `TransportAdapter` must do besides where there is a network between it and the server. */
export const networkTransportCases: readonly TransportCase[] = [
  transportCase('silence ends in a timeout', (world) => failsThenWorks(world, 'silent', ['timeout']), {
    timeoutMs,
  }),

  transportCase(
    'silence after half of the answer ends in a timeout',
    (world) => failsThenWorks(world, 'silent-halfway', ['timeout']),
    { timeoutMs },
  ),

  transportCase(
    'a connection that ends without an answer is a failure to try again',
    (world) => failsThenWorks(world, 'cut', ['network', 'timeout']),
    { timeoutMs },
  ),

  transportCase(
    'a connection that ends after half of the answer is a failure to try again',
    (world) => failsThenWorks(world, 'cut-halfway', ['network', 'timeout']),
    { timeoutMs },
  ),

  transportCase(
    'what is no message at all is no answer',
    (world) => failsThenWorks(world, 'garbled', ['network', 'timeout', 'protocol']),
    { timeoutMs },
  ),

  transportCase('calls that nobody answers hold up no other', async (world) => {
    const [kind] = world.kinds;
    world.server = (call) =>
      labelOf(call.request) === 'answered' ? { body: echo(call) } : { body: {}, fault: 'silent' };
    const caller = new AbortController();
    const silent = Array.from({ length: 4 }, (_, at) =>
      rejects(world.call(kind!, `silent ${at}`, caller.signal), 'aborted', 'a call that nobody answers'),
    );
    const allSilent = Promise.all(silent);
    await Promise.race([allSilent, world.arrived(silent.length)]);
    await world.answers(kind!, 'answered', 'a call beside those that nobody answers');
    caller.abort();
    await allSilent;
  }),

  transportCase('long requests and long answers arrive whole', async (world) => {
    world.server = (call) => ({ body: { ...(echo(call) as object), cursor: labelOf(call.request) } });
    for (const kind of world.kinds) {
      same(
        (await resolves(world.call(kind, long), `a long ${kind}`)).cursor,
        long,
        'the cursor of the answer',
      );
      same(labelOf(world.calls.at(-1)?.request), long, 'the cursor of the request');
    }
  }),

  transportCase(
    'an answer beyond the limit is refused',
    async (world) => {
      world.server = (call) => ({ body: { ...(echo(call) as object), cursor: long } });
      for (const kind of world.kinds) {
        const error = await rejects(world.call(kind, 'a'), 'limit', 'an answer that is too long');
        holds(!error.retryable, 'an answer that is too long calls itself retryable');
      }
      world.server = (call) => ({ body: echo(call) });
      for (const kind of world.kinds) await world.answers(kind, 'next', 'the call after that');
    },
    { answerBytesMax: 10_000 },
  ),

  transportCase(
    'a probe that nobody answers says so, and never rejects',
    async (world) => {
      if (world.transport.probe === undefined) return;
      world.server = () => ({ body: {}, fault: 'silent' });
      same(await world.probe(), false, 'a probe of a server that says nothing');
      const caller = new AbortController();
      const given = world.probe(caller.signal);
      caller.abort();
      same(await given, false, 'a probe that was given up');
      await world.line.close();
      same(await world.probe(), false, 'a probe of a server that is gone');
    },
    { timeoutMs },
  ),

  transportCase(
    'a server that is gone is a failure to try again',
    async (world) => {
      for (const kind of world.kinds) await world.answers(kind, 'before', `a ${kind} before that`);
      await world.line.close();
      for (const kind of world.kinds) await fails(world, ['network', 'timeout'], kind);
    },
    { timeoutMs },
  ),

  transportCase(
    'calls under way when the server goes do not hang',
    async (world) => {
      world.server = () => ({ body: {}, fault: 'silent' });
      const calls = world.kinds.map((kind) => fails(world, ['network', 'timeout'], kind));
      const all = Promise.all(calls);
      await Promise.race([all, world.arrived(calls.length)]);
      await world.line.close();
      await all;
    },
    { timeoutMs },
  ),
];

/** Each call fails while there is this fault, with one of these codes, and the next one goes through. */
async function failsThenWorks(
  world: TransportWorld,
  fault: NetworkFault,
  codes: readonly string[],
): Promise<void> {
  const sound = world.server;
  for (const kind of world.kinds) {
    world.server = (call) => ({ body: echo(call), fault });
    await fails(world, codes, kind);
    world.server = sound;
    await world.answers(kind, 'next', `the ${kind} after one that failed, of the same transport`);
  }
}

async function fails(world: TransportWorld, codes: readonly string[], kind: 'push' | 'pull'): Promise<void> {
  const outcome: unknown = await world.call(kind, 'a').then(
    () => 'it resolved',
    (error: unknown) => error,
  );
  holds(
    isSyncError(outcome) && codes.includes(outcome.code),
    `the ${kind}: expected a rejection with ${codes.join(' or ')}, got ${told(outcome)}`,
  );
  holds(
    isSyncError(outcome) && outcome.retryable === (outcome.code !== 'protocol'),
    'a failure of the network must call itself retryable',
  );
}

function labelOf(request: unknown): string {
  return (request as { readonly cursor?: string } | undefined)?.cursor ?? '';
}
