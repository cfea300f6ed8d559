import { isSyncError, SyncError, type CallOptions, type PullAnswer, type TransportAdapter } from 'syncline';
import { networkTransportCases, tokenTransportCases, transportCases } from 'syncline/testing';
import { describe, expect, it, test } from 'vitest';
import { expectCaught, timeFlying } from './kit.js';
import { lineSetup, type Sound } from './line-transport.js';

type Flaw = (sound: Sound) => Partial<TransportAdapter>;
type Push = NonNullable<TransportAdapter['push']>;
type Pull = NonNullable<TransportAdapter['pull']>;

const all = [...transportCases, ...networkTransportCases, ...tokenTransportCases];

/** Both calls, with something else around them. */
function around(
  { transport }: Pick<Sound, 'transport'>,
  change: <T>(call: (signal: AbortSignal) => Promise<T>, options: CallOptions) => Promise<T>,
): Partial<TransportAdapter> {
  return {
    push: (request, options) => change((signal) => transport.push!(request, { signal }), options),
    pull: (request, options) => change((signal) => transport.pull!(request, { signal }), options),
  };
}

/** Both calls, rejecting with something else. */
function failingWith(sound: Sound, change: (error: unknown) => unknown): Partial<TransportAdapter> {
  return around(sound, (call, { signal }) =>
    call(signal).catch((error: unknown) => {
      throw change(error);
    }),
  );
}

function recoded(error: unknown, code: SyncError['code']): SyncError {
  return new SyncError(
    code,
    error instanceof Error ? error.message : '',
    isSyncError(error) ? { details: error.details } : {},
  );
}

const never = new AbortController().signal;

/** Does nothing any more once its connection has ended. */
function connectsOnce(sound: Sound): Partial<TransportAdapter> {
  let end: unknown;
  return around(sound, async (call, { signal }) => {
    if (end !== undefined) throw new SyncError('network', 'the port is closed', { cause: end });
    return call(signal).catch((error: unknown) => {
      if (isSyncError(error, 'network')) end = error;
      throw error;
    });
  });
}

/** Transports that differ from a sound one in these members, and the case that must catch them. */
const broken: Record<string, readonly [caughtBy: string, flaw: Flaw]> = {
  'sends no more of a push than it knows': [
    'a push arrives as it was sent, and its answer as it was given',
    ({ transport }) => ({
      push: ({ replica, operations }, options) => transport.push!({ replica, operations }, options),
    }),
  ],
  'takes what is 0 or empty for nothing': [
    'a pull arrives as it was sent, and its answer as it was given',
    ({ transport }) => ({
      pull: ({ cursor, ...request }, options) =>
        transport.pull!({ ...request, ...(cursor ? { cursor } : {}) }, options),
    }),
  ],
  'does not pass on that all starts over': [
    'a pull arrives as it was sent, and its answer as it was given',
    ({ transport }) => ({
      pull: async (request, options): Promise<PullAnswer> => {
        const { reset: _, ...answer } = await transport.pull!(request, options);
        return answer;
      },
    }),
  ],
  'makes one call after the other': [
    'calls under way at once do not wait for each other, and each gets its own answer',
    (sound) => {
      let turn: Promise<unknown> = Promise.resolve();
      return around(sound, (call, { signal }) => {
        const mine = turn.then(() => call(signal));
        turn = mine.catch(() => undefined);
        return mine;
      });
    },
  ],
  'gives the first answer to the first call': [
    'calls under way at once do not wait for each other, and each gets its own answer',
    (sound) => {
      const waiting: ((answer: unknown) => void)[] = [];
      return around(
        sound,
        <T>(call: (signal: AbortSignal) => Promise<T>, { signal }: CallOptions) =>
          new Promise<T>((resolve, reject) => {
            waiting.push(resolve as (answer: unknown) => void);
            call(signal).then((answer) => waiting.shift()!(answer), reject);
          }),
      );
    },
  ],
  'sends before it looks at the signal': [
    'a call that was given up before it began is never sent',
    (sound) =>
      around(sound, async (call, { signal }) => {
        const answer = await call(never);
        if (signal.aborted) throw new SyncError('aborted', 'too late');
        return answer;
      }),
  ],
  'lets nobody give up': [
    'a call that is given up while it waits rejects at once',
    (sound) => around(sound, (call, { signal }) => call(signal.aborted ? signal : never)),
  ],
  'gives up by failing like a network': [
    'a call that is given up while it waits rejects at once',
    (sound) =>
      failingWith(sound, (error) => (isSyncError(error, 'aborted') ? recoded(error, 'network') : error)),
  ],
  'gives a late answer to the next call': [
    'an answer to a call that was given up is dropped',
    ({ transport }) => {
      let late: Promise<unknown> | undefined;
      const call = async (send: (signal: AbortSignal) => Promise<unknown>, signal: AbortSignal) => {
        const answer = late ?? send(never);
        late = undefined;
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => {
            late = answer;
            reject(new SyncError('aborted', 'given up'));
          });
          answer.then(resolve, reject);
        });
      };
      return {
        push: ((request, { signal }) =>
          call((own) => transport.push!(request, { signal: own }), signal)) as Push,
        pull: ((request, { signal }) =>
          call((own) => transport.pull!(request, { signal: own }), signal)) as Pull,
      };
    },
  ],
  'hangs up on all when one gives up': [
    'giving up one call leaves the others alone',
    (sound) => {
      const shared = new AbortController();
      return around(sound, (call, { signal }) => {
        signal.addEventListener('abort', () => shared.abort());
        return call(AbortSignal.any([signal, shared.signal]));
      });
    },
  ],
  'calls every refusal a failure of the network': [
    'a refusal rejects with what it means, and whether to try again',
    (sound) => failingWith(sound, (error) => recoded(error, 'network')),
  ],
  'forgets how long to wait': [
    'how long to wait comes along with a refusal',
    (sound) =>
      failingWith(sound, (error) =>
        isSyncError(error) ? new SyncError(error.code, error.message, { details: error.details }) : error,
      ),
  ],
  'believes what it is told': [
    'an answer that is none is a breach of the protocol',
    (sound) =>
      around(sound, (call, { signal }) =>
        call(signal).catch((error: unknown) => {
          if (isSyncError(error, 'protocol')) return {} as never;
          throw error;
        }),
      ),
  ],
  'throws what the platform throws': [
    'what fails is a SyncError, whatever it was',
    (sound) => failingWith(sound, (error) => new TypeError(String(error))),
  ],
  'always says that a server is there': [
    'a probe that nobody answers says so, and never rejects',
    () => ({ probe: async () => true }),
  ],
  'rejects a probe': [
    'a probe that nobody answers says so, and never rejects',
    ({ transport }) => ({
      async probe(options) {
        if (!(await transport.probe!(options))) throw new SyncError('network', 'nobody is there');
        return true;
      },
    }),
  ],
  'waits for ever': [
    'silence ends in a timeout',
    ({ again, conditions }) => again({ ...conditions, timeoutMs: 2 ** 30 }),
  ],
  'waits for ever once an answer has begun': [
    'silence after half of the answer ends in a timeout',
    ({ again, conditions }) => again({ ...conditions, timeoutMs: 2 ** 30 }),
  ],
  'takes a cut connection for good': [
    'a connection that ends without an answer is a failure to try again',
    (sound) =>
      failingWith(sound, (error) => (isSyncError(error, 'network') ? recoded(error, 'internal') : error)),
  ],
  'has room for four calls': [
    'calls that nobody answers hold up no other',
    (sound) => {
      let underWay = 0;
      return around(sound, async (call, { signal }) => {
        if (underWay >= 4) return call(AbortSignal.any([signal, AbortSignal.abort()]));
        underWay++;
        return call(signal).finally(() => underWay--);
      });
    },
  ],
  'reads answers of any length': [
    'an answer beyond the limit is refused',
    ({ again, conditions }) => again({ ...conditions, answerBytesMax: Infinity }),
  ],
  'asks for its credentials once': [
    'credentials come along with each call, and are asked for anew',
    ({ again, conditions }) => {
      let first: unknown;
      return again({
        ...conditions,
        token: () => (first ??= conditions.token?.({ refresh: false })) as string,
      });
    },
  ],
  'sends the old credentials again': [
    'credentials that are refused are renewed once, and the call goes through',
    ({ again, conditions }) => again({ ...conditions, token: () => conditions.token!({ refresh: false }) }),
  ],
  'knocks three times': [
    'credentials that are refused again end the call as unauthenticated',
    (sound) =>
      around(sound, (call, { signal }) =>
        call(signal).catch((error: unknown) => {
          if (isSyncError(error, 'unauthenticated')) return call(signal);
          throw error;
        }),
      ),
  ],
  'connects once and for all': [
    'a connection that ends without an answer is a failure to try again',
    connectsOnce,
  ],
  'lets each call ask for itself': [
    'calls that are refused together ask for fresh credentials once',
    ({ again, conditions }) => ({
      push: (request, options) => again(conditions).push!(request, options),
      pull: (request, options) => again(conditions).pull!(request, options),
    }),
  ],
};

describe('a sound transport over messages in memory', () => {
  test.each(all)('$name', ({ run }) => timeFlying(() => run(lineSetup())));
});

describe('the cases for transports', () => {
  it.each(Object.entries(broken))('catch a transport that %s', async (_, [caughtBy, flaw]) => {
    await timeFlying(() => expectCaught(all, caughtBy, { sound: lineSetup(), broken: lineSetup(flaw) }));
  });

  it('say which call should have had an answer, and the code that it rejected with', async () => {
    const cut = all.find(
      ({ name }) => name === 'a connection that ends without an answer is a failure to try again',
    );
    await expect(timeFlying(async () => cut?.run(lineSetup(connectsOnce)))).rejects.toThrow(
      "the push after one that failed, of the same transport: expected an answer, but it rejected with 'network': the port is closed",
    );
  });

  it('say the code of another failure than the one that was due', async () => {
    const silence = all.find(({ name }) => name === 'silence ends in a timeout');
    const flaw: Flaw = (sound) => failingWith(sound, (error) => recoded(error, 'network'));
    await expect(timeFlying(async () => silence?.run(lineSetup(flaw)))).rejects.toThrow(
      "the push: expected a rejection with timeout, got 'network': ",
    );
  });

  it('catch a transport that offers nothing', async () => {
    const none = async () => ({ transport: {}, close: async () => undefined });
    const passed = await Promise.all(
      transportCases.map(({ name, run }) =>
        run(none).then(
          () => name,
          () => undefined,
        ),
      ),
    );
    expect(passed.filter((name) => name !== undefined)).toEqual(['a probe says that a server answers']);
  });

  it('let a transport offer one call only', async () => {
    for (const { run } of all) {
      await timeFlying(() =>
        run(async (server, conditions) => {
          const line = await lineSetup()(server, conditions);
          const pull: Pull = (request, options) => line.transport.pull!(request, options);
          return { transport: { pull }, close: () => line.close() };
        }),
      );
    }
  });

  it('have names of their own', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });
});
