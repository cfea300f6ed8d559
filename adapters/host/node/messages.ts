import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';

/** How long the rest of a body that nobody reads may keep arriving, so that the sender gets to read the answer. */
const lingerMs = 2000;

/** A Node request as a web-standard one, or `undefined` where there is none that says the same. */
export function requestOf(incoming: IncomingMessage, outgoing: ServerResponse): Request | undefined {
  const { method = 'GET', url = '' } = incoming;
  if (!url.startsWith('/')) return undefined;
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const hasBody = method !== 'GET' && method !== 'HEAD';
  try {
    // Put behind a fixed host as it is: `//elsewhere/path` is a path here.
    return new Request(`http://localhost${url}`, {
      method,
      headers: headersOf(incoming),
      signal: gone.signal,
      ...(hasBody ? { body: bodyOf(incoming), duplex: 'half' as const } : {}),
    });
  } catch {
    return undefined;
  }
}

/** Writes a web-standard response, no faster than it is read. */
export async function writeResponse(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (!incoming.complete) outgoing.shouldKeepAlive = false;
  response.headers.forEach((value, name) => {
    if (name !== 'set-cookie') outgoing.setHeader(name, value);
  });
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  outgoing.writeHead(response.status);
  if (response.body !== null) {
    for await (const chunk of response.body) {
      if (outgoing.destroyed) return;
      if (!outgoing.write(chunk)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
    }
  }
  outgoing.end();
  if (!incoming.complete) discardRest(incoming);
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!);
  }
  return headers;
}

/** The body as it arrives, no faster than it is read. Giving up reading leaves the connection open for the answer. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        incoming.pause();
        incoming.on('data', (chunk: Uint8Array) => {
          incoming.pause();
          controller.enqueue(chunk);
        });
        incoming.once('end', () => controller.close());
        incoming.once('error', (error) => controller.error(error));
      },
      pull() {
        incoming.resume();
      },
      cancel() {
        incoming.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error');
        incoming.on('error', () => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

function discardRest(incoming: IncomingMessage): void {
  incoming.resume();
  const impatience = setTimeout(() => incoming.destroy(), lingerMs);
  incoming.once('close', () => clearTimeout(impatience));
}
