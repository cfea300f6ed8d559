import { isSyncError, parseRefusal, SyncError, type SyncErrorCode } from 'syncline';

/** What a status means where nothing readable came with it. All others: nobody of ours answered. */
const codeByStatus: Readonly<Record<number, SyncErrorCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  413: 'limit',
};

export interface RequestBody {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** A body as it is sent: packed where that is worth it and the platform can. */
export async function packed(text: string, gzipAboveBytes: number): Promise<RequestBody> {
  if (text.length <= gzipAboveBytes || typeof CompressionStream === 'undefined')
    return { body: text, headers: {} };
  const packing = new Response(text).body?.pipeThrough(new CompressionStream('gzip'));
  return {
    body: new Uint8Array(await new Response(packing).arrayBuffer()),
    headers: { 'content-encoding': 'gzip' },
  };
}

/** Runs `work` until the caller gives up or time is up; what else fails was a failure of the network. */
export async function withinTime<T>(
  signal: AbortSignal,
  timeoutMs: number,
  failure: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const call = new AbortController();
  const giveUp = () =>
    call.abort(new SyncError('aborted', 'the request was given up', { cause: signal.reason }));
  const isLate = () => call.abort(new SyncError('timeout', `no answer within ${timeoutMs} ms`));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp);
  // More than platforms can count would be no time at all.
  const timer = setTimeout(isLate, Math.min(timeoutMs, 2 ** 31 - 1));
  try {
    call.signal.throwIfAborted();
    const ended = new Promise<never>((_, reject) =>
      call.signal.addEventListener('abort', () => reject(call.signal.reason as Error)),
    );
    return await Promise.race([work(call.signal), ended]);
  } catch (cause) {
    call.signal.throwIfAborted();
    if (isSyncError(cause)) throw cause;
    throw new SyncError('network', failure, { cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

/** The JSON of a good answer; throws the `SyncError` that any other stands for. */
export async function readAnswer(response: Response, bytesMax: number): Promise<unknown> {
  const text = await readText(response, bytesMax);
  const value = isJson(response) ? parsed(text) : undefined;
  if (response.ok && value !== undefined) return value;

  const retryAfterMs = retryAfter(response);
  const refused = response.ok ? undefined : parseRefusal(value);
  if (refused !== undefined) {
    if (refused.retryAfterMs !== undefined || retryAfterMs === undefined) throw refused;
    const { code, message, details } = refused;
    throw new SyncError(code, message, { details, retryAfterMs });
  }
  // A gateway, or the page that asks a traveller to log in: not our server, so the call may be made again.
  const code = codeByStatus[response.status] ?? 'network';
  throw new SyncError(code, `the answer was ${response.status} and not in JSON`, {
    details: { status: response.status },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

export function isJson(response: Response): boolean {
  return /^application\/json\s*(;|$)/i.test(response.headers.get('content-type') ?? '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SyncError('network', 'the answer broke off', { cause });
  }
}

async function readText(response: Response, bytesMax: number): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > bytesMax) {
      void reader.cancel().catch(() => undefined);
      throw new SyncError('limit', `the answer is longer than ${bytesMax} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** `Retry-After` in milliseconds: it holds seconds, or a date. */
function retryAfter(response: Response): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null) return undefined;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}
