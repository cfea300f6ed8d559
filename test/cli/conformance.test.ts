import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wireCases } from 'syncline/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve, token, type Middleware, type Served } from '../adapters/testing/wire-world.js';
import { run } from './terminal.js';

const anySpace = (_: unknown, requested: string | undefined) => requested ?? 'default';
const withToken = { env: { SYNCLINE_TOKEN: token } };

/** Forgets a delete before anybody hears of it. */
const forgetful: Middleware = async (request, next) => {
  const answer = await next(request);
  if (!request.url.endsWith('/pull') || !answer.ok) return answer;
  const page = (await answer.json()) as { changes: { kind: string }[] };
  return Response.json({ ...page, changes: page.changes.filter(({ kind }) => kind !== 'delete') });
};

describe('syncline conformance', () => {
  let sound: Served;
  let broken: Served;
  beforeAll(async () => {
    sound = await serve({ space: anySpace });
    broken = await serve({ space: anySpace }, forgetful);
  });
  afterAll(async () => {
    await sound.close();
    await broken.close();
  });

  it('passes a sound server, with a line for each case', async () => {
    const { code, out, err } = await run(['conformance', sound.setup.url], withToken);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      ...wireCases.map(({ name }) => `ok    ${name}`),
      '',
      `${wireCases.length} passed, 0 failed`,
    ]);
    expect(readFileSync('docs/command-line.md', 'utf8')).toContain(
      `\n${wireCases.length} passed, 0 failed\n`,
    );
  });

  it('names what a broken server does wrong, and what it saw', async () => {
    const { code, out } = await run(
      ['conformance', broken.setup.url, '--token', token, '--only', 'delete'],
      {},
    );
    expect(code).toBe(1);
    expect(out).toContain('FAIL  a delete leaves a tombstone, and is told\n      record: expected {"clock"');
    expect(out).toMatch(/\n[1-9] passed, [1-9] failed$/);
  });

  it('tells the same as JSON', async () => {
    const args = [
      'conformance',
      `${broken.setup.url}/`,
      '--json',
      '--only',
      'a delete leaves',
      '--only',
      'a create is',
    ];
    const { code, out } = await run(args, withToken);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      url: broken.setup.url,
      passed: 1,
      failed: 1,
      leftOut: 0,
      isInterrupted: false,
      cases: [
        {
          name: 'a create is accepted, and pulled as it was written',
          outcome: 'passed',
          ms: expect.any(Number),
        },
        {
          name: 'a delete leaves a tombstone, and is told',
          outcome: 'failed',
          ms: expect.any(Number),
          error: expect.any(String),
        },
      ],
    });
  });

  it('leaves out what needs a token where the server wants none', async () => {
    const open = await serve({ authenticate: () => ({ id: 'anybody' }) });
    const { code, out } = await run([
      'conformance',
      open.setup.url,
      '--only',
      'nobody is answered',
      '--only',
      'health',
    ]);
    await open.close();
    expect(code).toBe(0);
    expect(out).toContain(
      '-     without its token nobody is answered, and nothing is written (needs --token)',
    );
    expect(out).toMatch(/\n1 passed, 0 failed, 1 left out$/);
  });

  it('writes the entity and the space that it is told to', async () => {
    const asked = new Set<string>();
    const strict = await serve({
      unknownEntities: 'compare',
      space: (_, requested) => (asked.add(requested ?? 'none'), requested === 'tests' ? 'tests' : undefined),
      authorize: ({ entity }) => entity === 'trial',
    });
    const args = [
      'conformance',
      strict.setup.url,
      '--entity',
      'trial',
      '--space',
      'tests',
      '--decides',
      'no',
    ];
    const { code, out } = await run(
      [...args, '--only', 'a create is', '--only', 'concurrent writes'],
      withToken,
    );
    await strict.close();
    expect({ code, last: out.split('\n').at(-1) }).toEqual({ code: 0, last: '3 passed, 0 failed' });
    expect(asked).toEqual(new Set(['tests', 'none']));
  });

  it('holds a server to limits of its own', async () => {
    const small = await serve({ limits: { operationsPerPush: 60, depth: 12 } });
    const args = ['conformance', small.setup.url, '--only', 'too many', '--only', 'too deeply'];
    const own = await run([...args, '--limit', 'operationsPerPush=60', '--limit', 'depth=12'], withToken);
    const usual = await run(args, withToken);
    await small.close();
    expect([own.code, usual.code]).toEqual([0, 1]);
  });

  it.each([
    ['nobody', undefined, 'no server answers at http://127.0.0.1:'],
    ['another program', 404, 'has no /health: is the base path right?'],
  ])('says once that %s is there', async (_, status, message) => {
    const other = createServer((_, answer) => void answer.writeHead(status ?? 500).end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/sync`;
    const close = () => new Promise((resolve) => other.close(resolve));
    if (status === undefined) await close();
    const { code, out, err } = await run(['conformance', url]);
    if (status !== undefined) await close();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(message);
  });

  it.each([
    [[], 'wants to know who asks'],
    [['--token', 'x'], 'does not know this token'],
  ])('says once that a token is missing or wrong: %j', async (args, message) => {
    const { code, err } = await run(['conformance', sound.setup.url, ...args]);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(message) });
  });

  it('ends when it is interrupted, and tells what it saw so far', async () => {
    const interrupted = new AbortController();
    const lines: string[] = [];
    const { code } = await run(['conformance', sound.setup.url], {
      ...withToken,
      signal: interrupted.signal,
      out: (line) => {
        lines.push(line);
        if (lines.length === 2) interrupted.abort();
      },
    });
    expect(code).toBe(130);
    expect(lines.slice(2)).toEqual(['interrupted', '\n2 passed, 0 failed']);
  });

  it('lists its cases without asking anybody', async () => {
    const { code, out } = await run(['conformance', '--list']);
    expect({ code, out }).toEqual({ code: 0, out: wireCases.map(({ name }) => name).join('\n') });
  });
});
