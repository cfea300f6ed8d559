import { holds, rejects, same } from './check.js';
import {
  echo,
  transportCase,
  type ScriptedServer,
  type TransportCase,
  type TransportConditions,
  type TransportWorld,
} from './transport-world.js';

type Token = NonNullable<TransportConditions['token']>;

/** Counts how often fresh credentials were asked for. */
class Source {
  fresh = 0;
  ask: Token;

  constructor(ask: Token) {
    this.ask = ask;
  }

  readonly token: Token = (ask) => {
    if (ask.refresh) this.fresh++;
    return this.ask(ask);
  };
}

/** What a `TransportAdapter` must do besides where it is given a source of credentials. */
export const tokenTransportCases: readonly TransportCase[] = [
  tokenCase(
    'credentials come along with each call, and are asked for anew',
    ({ refresh }) => (refresh ? 'fresh' : 'ada-token'),
    async (world, source) => {
      for (const kind of world.kinds) await world.answers(kind, 'a', 'a call with good credentials');
      source.ask = () => 'another-token';
      for (const kind of world.kinds) await world.answers(kind, 'b', 'a call with other credentials');
      const expected = [...world.kinds.map(() => 'ada-token'), ...world.kinds.map(() => 'another-token')];
      same(
        world.calls.map(({ token }) => token),
        expected,
        'credentials at the server',
      );
      same(source.fresh, 0, 'how often fresh credentials were asked for');
    },
  ),

  tokenCase(
    'credentials that are refused are renewed once, and the call goes through',
    ({ refresh }) => (refresh ? 'new' : 'old'),
    async (world, source) => {
      world.server = only('new');
      for (const [at, kind] of world.kinds.entries()) {
        await world.answers(kind, 'a', 'a call whose credentials were refused, and can be renewed');
        holds(source.fresh >= 1 && source.fresh <= at + 1, `fresh ones were asked for ${source.fresh} times`);
      }
      same(
        world.calls.map(({ token }) => token),
        world.kinds.flatMap(() => ['old', 'new']),
        'credentials',
      );
    },
  ),

  tokenCase(
    'credentials that are refused again end the call as unauthenticated',
    () => 'bad',
    async (world, source) => {
      world.server = only('good');
      for (const [at, kind] of world.kinds.entries()) {
        const error = await rejects(world.call(kind, 'a'), 'unauthenticated', 'a call with bad credentials');
        holds(error.retryable, 'it does not call itself retryable');
        same(source.fresh, at + 1, 'how often fresh credentials were asked for');
        same(world.calls.length, 2 * (at + 1), 'how often the server was asked');
      }
    },
  ),

  tokenCase(
    'where there are no fresh credentials the server is not asked again',
    ({ refresh }) => (refresh ? undefined : 'bad'),
    async (world) => {
      world.server = only('good');
      const [kind] = world.kinds;
      await rejects(world.call(kind!, 'a'), 'unauthenticated', 'a call with bad credentials');
      same(world.calls.length, 1, 'how often the server was asked');
    },
  ),

  tokenCase(
    'calls that are refused together ask for fresh credentials once',
    ({ refresh }) => (refresh ? 'new' : 'old'),
    async (world, source) => {
      let refusals = 0;
      let refuse: () => void = () => undefined;
      const allRefused = new Promise<void>((resolve) => (refuse = resolve));
      world.server = async (call) => {
        if (call.token === 'new') return { body: echo(call) };
        if (++refusals === 4) refuse();
        await allRefused;
        return { body: { error: { code: 'unauthenticated', message: 'no' } } };
      };
      const [kind] = world.kinds;
      const what = 'a call that was refused together with others, and may have the fresh ones of another';
      await Promise.all([1, 2, 3, 4].map((at) => world.answers(kind!, `call ${at}`, what)));
      same(source.fresh, 1, 'how often fresh credentials were asked for');
    },
  ),

  tokenCase(
    'a source of credentials that fails is a failure to try again',
    () => Promise.reject(new TypeError('fetch failed')),
    async (world, source) => {
      const [kind] = world.kinds;
      const error = await rejects(world.call(kind!, 'a'), 'network', 'a call without credentials');
      holds(error.retryable, 'it does not call itself retryable');
      same(world.calls.length, 0, 'how often the server was asked');
      source.ask = () => 'here';
      await world.answers(kind!, 'b', 'a call once there are credentials again');
    },
  ),

  tokenCase(
    'a source of credentials that never answers does not hold a call for ever',
    () => new Promise(() => undefined),
    async (world) => {
      const [kind] = world.kinds;
      await rejects(world.call(kind!, 'a'), 'timeout', 'a call without credentials');
      const caller = new AbortController();
      const given = rejects(world.call(kind!, 'a', caller.signal), 'aborted', 'a call that was given up');
      caller.abort();
      await given;
      same(world.calls.length, 0, 'how often the server was asked');
    },
    { timeoutMs: 100 },
  ),
];

function tokenCase(
  name: string,
  ask: Token,
  body: (world: TransportWorld, source: Source) => Promise<void>,
  conditions: Partial<TransportConditions> = {},
): TransportCase {
  const run: TransportCase['run'] = (setup) => {
    const source = new Source(ask);
    return transportCase(name, (world) => body(world, source), { ...conditions, token: source.token }).run(
      setup,
    );
  };
  return { name, run };
}

function only(token: string): ScriptedServer {
  return (call) =>
    call.token === token
      ? { body: echo(call) }
      : { body: { error: { code: 'unauthenticated', message: 'who is asking?' } } };
}
