import { wireCases } from 'syncline/testing';
import { describe, expect, it } from 'vitest';
import { serve, token, type Middleware } from './wire-world.js';

type Push = { operations: { id: string; transaction?: unknown; kind: string }[] };
type Results = {
  results: { id: string; status: string; outcome?: string; record?: object; version?: number }[];
};
type Page = {
  changes: { kind: string; record?: { id: string; data: object }; id?: string }[];
  more: unknown;
  reset?: true;
};

/** Servers that stand before a sound one and spoil it, and the case that must catch them. */
const broken: Record<string, readonly [caughtBy: string, flaw: Middleware]> = {
  'takes what was delivered twice for new': [
    'a push that comes again is answered `duplicate`, and changes nothing',
    answers<Results>('/push', (answer) => ({
      ...answer,
      results: answer.results.map((each) =>
        each.outcome === 'duplicate' ? { ...each, outcome: 'applied' } : each,
      ),
    })),
  ],
  'answers in another order': [
    'each operation has one answer, in their order',
    answers<Results>('/push', (answer) => ({ ...answer, results: [...answer.results].reverse() })),
  ],
  'takes the members of a transaction one by one': [
    'of a transaction that fails nothing is written, and nothing is built on it',
    requests<Push>('/push', (request) => ({
      ...request,
      operations: request.operations?.map?.(({ transaction: _, ...operation }) => operation),
    })),
  ],
  'lets a deleted record disappear': [
    'a delete leaves a tombstone, and is told',
    answers<Page>('/pull', (page) => ({
      ...page,
      changes: page.changes.filter(({ kind }) => kind !== 'delete'),
    })),
  ],
  'says `remove` for a delete': [
    'who follows step by step holds the same as who starts anew',
    answers<Page>('/pull', (page) => ({
      ...page,
      changes: page.changes.map((change) =>
        change.kind === 'delete' ? { kind: 'remove', entity: 'conformance', id: change.id ?? '' } : change,
      ),
    })),
  ],
  'keeps to itself what came of a merge': [
    'concurrent writes of two fields are merged, or answered with `conflict`',
    answers<Results>('/push', (answer) => ({
      ...answer,
      results: answer.results.map(({ id, status, outcome, ...rest }) =>
        outcome === 'merged'
          ? { id, status, outcome: 'applied', version: rest.version ?? 1 }
          : { id, status, outcome, ...rest },
      ),
    })),
  ],
  'forgets to say `reset`': [
    'a cursor that is none is answered from the start',
    answers<Page>('/pull', ({ reset: _, ...page }) => page),
  ],
  'cuts pages anywhere': [
    'a page never splits what was committed together',
    answers<Page>('/pull', (page, { limit }) => ({ ...page, changes: page.changes.slice(0, Number(limit)) })),
  ],
  'says that nothing is left': [
    'pages bring everything, no page more than was asked for',
    answers<Page>('/pull', (page) => ({ ...page, more: false })),
  ],
  'gives everything to everybody': [
    'entities can be chosen, and a cursor of fewer is of no use for more',
    requests('/pull', ({ entities: _, ...request }) => request),
  ],
  'has another epoch each time': [
    'every good answer tells the time and the epoch of the server',
    answers('/pu', (answer) => ({ ...answer, epoch: crypto.randomUUID() })),
  ],
  'tells no time': [
    'a create is accepted, and pulled as it was written',
    answers<Record<string, unknown>>('/pu', ({ serverTime: _, ...answer }) => answer),
  ],
  'knows everybody': [
    'without its token nobody is answered, and nothing is written',
    async (request, next) => next(withHeaders(request, { authorization: `Bearer ${token}` })),
  ],
  'wants a token for its health': [
    'health is told to everybody, without a body to `HEAD`',
    async (request, next) =>
      request.headers.get('authorization') === `Bearer ${token}`
        ? next(request)
        : new Response(null, { status: 401 }),
  ],
  'speaks any version of the protocol': [
    'another version of the protocol is refused, with those that are served',
    async (request, next) => next(withHeaders(request, { 'syncline-protocol': '1' })),
  ],
  'takes a body of any type': [
    'a body that does not claim to be JSON is refused',
    async (request, next) => next(withHeaders(request, { 'content-type': 'application/json' })),
  ],
  'does not unpack': [
    'a body packed with gzip is unpacked',
    async (request, next) =>
      request.headers.get('content-encoding') === 'gzip'
        ? Response.json({ error: { code: 'bad-request', message: 'the body is not JSON' } }, { status: 400 })
        : next(request),
  ],
  'answers as text': [
    'answers are JSON, refusals too',
    async (request, next) => {
      const answer = await next(request);
      return answer.ok
        ? answer
        : new Response(answer.body, { status: answer.status, headers: { 'content-type': 'text/html' } });
    },
  ],
  'answers a refusal with 200': [
    'what is no JSON is refused',
    async (request, next) => {
      const { body, headers } = await next(request);
      return new Response(body, { headers });
    },
  ],
  'writes through a path to a prototype': [
    'paths and keys that reach a prototype are refused',
    requests<Record<string, unknown>>(
      '/push',
      (request) =>
        JSON.parse(JSON.stringify(request).replace(/__proto__|constructor|prototype/g, 'harmless')) as object,
    ),
  ],
  'sends all of a record as what differs': [
    'where `delta` is offered, it tells the leaves that differ from those held',
    answers<{ changed?: object[] }>('/delta', (answer) => ({
      ...answer,
      ...(answer.changed && { changed: [...answer.changed, { path: '/text', value: 'piano' }] }),
    })),
  ],
  'does twice what it is asked once': [
    'operations that come again in any order and in part change nothing',
    async (request, next) => {
      if (!request.url.endsWith('/push')) return next(request);
      const text = await request.text();
      const double = text.replaceAll(
        /"id":"([^"]{36})","entity":/g,
        (_, id: string) => `"id":"${id}x","entity":`,
      );
      const answer = await next(new Request(request, { body: text }));
      if (answer.ok && text.includes('increment')) await next(new Request(request, { body: again(double) }));
      return answer;
    },
  ],
};

describe('the cases for servers', () => {
  it.each(Object.entries(broken))('catch one that %s', async (_, [caughtBy, flaw]) => {
    const served = await serve({ space: (_, requested) => requested ?? 'default' }, flaw);
    try {
      const found = wireCases.find(({ name }) => name === caughtBy);
      await expect(found?.run(served.setup)).rejects.toThrow();
    } finally {
      await served.close();
    }
  });

  it('catch one that lists a conflict after it was resolved', async () => {
    const listed: object[] = [];
    const forgetful = answers<{ conflicts: object[] }>('/conflicts', (answer) => {
      listed.push(...(answer.conflicts ?? []));
      return { ...answer, ...(answer.conflicts && { conflicts: listed }) };
    });
    const served = await serve({ entities: [], unknownEntities: 'compare' }, forgetful);
    const found = wireCases.find(({ name }) => name.startsWith('where conflicts are listed'));
    await expect(found?.run(served.setup)).rejects.toThrow('a conflict is still open');
    await served.close();
  });

  it('say what they saw', async () => {
    const served = await serve({}, async (request, next) =>
      request.url.endsWith('/push') ? new Response('<html>', { status: 502 }) : next(request),
    );
    const [first] = wireCases;
    await expect(first?.run(served.setup)).rejects.toThrow('a push: expected status 200, got 502 <html>');
    await served.close();
  });

  it('hold a server to the kind it says it is', async () => {
    const served = await serve();
    const concurrent = wireCases.find(({ name }) => name.startsWith('concurrent writes of one field'));
    await concurrent?.run({ ...served.setup, decides: true });
    await expect(concurrent?.run({ ...served.setup, decides: false })).rejects.toThrow('expected conflict');
    await served.close();
  });

  it('wait as long as a server asks that has had enough for now', async () => {
    const served = await serve({ limits: { requestBurst: 3, requestsPerSecond: 20 } });
    await wireCases[1]?.run(served.setup);
    await served.close();
  });
});

/** Every operation once more under the counter after its own, as if it had not been seen. */
function again(body: string): string {
  const request = JSON.parse(body) as { operations: { stamp: string; clock: Record<string, number> }[] };
  for (const { stamp, clock } of request.operations)
    clock[stamp.slice(18)] = (clock[stamp.slice(18)] ?? 0) + 100;
  return JSON.stringify(request);
}

/** Spoils the good answers of a call. */
function answers<T extends object>(
  path: string,
  spoil: (answer: T, request: Record<string, unknown>) => object,
): Middleware {
  return async (request, next) => {
    const body = await request.clone().text();
    const answer = await next(withHeaders(request, { 'accept-encoding': 'identity' }));
    if (!answer.ok || !new URL(request.url).pathname.includes(path)) return answer;
    const isReadable = body !== '' && !request.headers.has('content-encoding');
    const asked = isReadable ? (JSON.parse(body) as Record<string, unknown>) : {};
    return Response.json(spoil((await answer.json()) as T, asked));
  };
}

/** Spoils what a sound server gets to see. */
function requests<T extends object>(
  path: string,
  spoil: (request: T & Record<string, unknown>) => object,
): Middleware {
  return async (request, next) => {
    if (!request.url.endsWith(path) || request.headers.has('content-encoding')) return next(request);
    const text = await request.text();
    const parsed = JSON.parse(text || '{}') as T & Record<string, unknown>;
    return next(
      new Request(request.url, {
        method: 'POST',
        headers: request.headers,
        body: JSON.stringify(spoil(parsed)),
      }),
    );
  };
}

function withHeaders(request: Request, changed: Readonly<Record<string, string>>): Request {
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(changed)) headers.set(name, value);
  return new Request(request, { headers });
}
