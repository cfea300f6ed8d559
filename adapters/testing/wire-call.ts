import { parsePullAnswer, parsePushAnswer, wireHeaders, type PullAnswer, type PushAnswer } from 'syncline';
import type { WireSetup } from './wire-setup.js';

/** An answer of a server that may be anything. */
export interface WireReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface WireRequest {
  /** Default: `POST` with a body, `GET` without one. */
  readonly method?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Over the usual ones; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Refusals that every server must know, with their status. */
const statusOf = {
  'bad-request': 400,
  'protocol-unsupported': 400,
  unauthenticated: 401,
  'not-found': 404,
  'cursor-expired': 410,
  'too-large': 413,
} as const;

export type WireRefusalCode = keyof typeof statusOf;

const patienceMs = 10_000;
const timeoutMsByDefault = 10_000;

/** Asks the server one thing. A server that has had enough of us for now is asked again when it says. */
export async function callServer(
  setup: WireSetup,
  path: string,
  request: WireRequest = {},
): Promise<WireReply> {
  const send = setup.fetch ?? ((url: string, init: RequestInit) => fetch(url, init));
  for (let attempt = 0; ; attempt++) {
    const response = await send(`${setup.url.replace(/\/+$/, '')}${path}`, {
      method: request.method ?? (request.body === undefined ? 'GET' : 'POST'),
      headers: headersOf(setup, request),
      signal: signalOf(setup),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const reply = { status: response.status, headers: response.headers, text: await response.text() };
    if (reply.status !== 429 || attempt === 5) return reply;
    await pause(
      Math.min(patienceMs, 1000 * Number(reply.headers.get('retry-after') ?? 1) || 1000),
      setup.signal,
    );
  }
}

export function asPushAnswer(reply: WireReply): PushAnswer {
  return parsePushAnswer(goodJson(reply, 'a push'));
}

export function asPullAnswer(reply: WireReply): PullAnswer {
  return parsePullAnswer(goodJson(reply, 'a pull'));
}

/** The JSON of an answer that must be a good one. */
export function goodJson(reply: WireReply, what: string): unknown {
  if (reply.status !== 200)
    throw new Error(`${what}: expected status 200, got ${reply.status} ${excerptOf(reply)}`);
  return jsonOf(reply, what);
}

/** Throws unless the request was refused as a whole with this code, and its status. Returns the error's details. */
export function refusedWith(reply: WireReply, code: WireRefusalCode, what: string): Record<string, unknown> {
  const expected = `${what}: expected status ${statusOf[code]} with '${code}'`;
  if (reply.status !== statusOf[code])
    throw new Error(`${expected}, got ${reply.status} ${excerptOf(reply)}`);
  const { error } = (jsonOf(reply, what) ?? {}) as { error?: Record<string, unknown> };
  if (error?.['code'] !== code || typeof error['message'] !== 'string')
    throw new Error(`${expected} and a message, got ${excerptOf(reply)}`);
  return (error['details'] ?? {}) as Record<string, unknown>;
}

export function hasJsonType(reply: WireReply): boolean {
  return /^application\/json\s*(;|$)/i.test(reply.headers.get('content-type') ?? '');
}

/** A body packed with gzip, and the header that says so. */
export async function packed(text: string): Promise<WireRequest> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  const body = new Uint8Array(await new Response(stream).arrayBuffer());
  return { body, headers: { 'content-encoding': 'gzip' } };
}

function jsonOf(reply: WireReply, what: string): unknown {
  if (!hasJsonType(reply))
    throw new Error(
      `${what}: the content type is ${reply.headers.get('content-type') ?? 'missing'}, not application/json`,
    );
  try {
    return JSON.parse(reply.text) as unknown;
  } catch (cause) {
    throw new Error(`${what}: the answer is no JSON: ${excerptOf(reply)}`, { cause });
  }
}

function headersOf({ token }: WireSetup, { body, headers = {} }: WireRequest): Headers {
  const usual = {
    accept: 'application/json',
    [wireHeaders.protocol.toLowerCase()]: '1',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const all = Object.entries({ ...usual, ...headers }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return new Headers(all);
}

function signalOf({ signal, timeoutMs = timeoutMsByDefault }: WireSetup): AbortSignal {
  const limit = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? limit : AbortSignal.any([signal, limit]);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new Error('given up'));
    });
  });
}

function excerptOf({ text }: WireReply): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
