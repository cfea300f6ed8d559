import { refusal } from '../../protocol/refusals.js';

/**
 * The text of a request's body, unpacked where it came as gzip.
 *
 * Reads no more than `bytesMax` bytes, before and after unpacking: a small body that unpacks to a large one is refused
 * at the limit. Throws `SyncError` `limit` past it, and `protocol` for what is no JSON in UTF-8.
 */
export async function bodyText(request: Request, bytesMax: number): Promise<string> {
  const type = request.headers.get('content-type') ?? '';
  // A page elsewhere cannot send this type without being asked first, which keeps cookies from being abused.
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw refusal('bad-request', 'the body must be application/json');
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return '';

  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw refusal('bad-request', `no body in '${encoding}' is read here`);
  const sent = encoding === 'gzip' ? request.body.pipeThrough(new DecompressionStream('gzip')) : request.body;
  return decoded(await collected(sent, bytesMax));
}

async function collected(body: ReadableStream<Uint8Array>, bytesMax: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const reader = body.getReader();
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw refusal('bad-request', 'the body broke off or is not what its headers say', { cause });
    });
    if (done) return chunks;
    bytes += value.length;
    if (bytes > bytesMax) {
      void reader.cancel().catch(() => undefined);
      throw tooLarge(bytesMax);
    }
    chunks.push(value);
  }
}

function decoded(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
  } catch (cause) {
    throw refusal('bad-request', 'the body is not UTF-8', { cause });
  }
}

function tooLarge(bytesMax: number) {
  return refusal('too-large', `a request has at most ${bytesMax} bytes`, { details: { bytesMax } });
}
