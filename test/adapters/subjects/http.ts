import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parseRefusal } from 'syncline';
import { refusalOf } from 'syncline/server';
import {
  networkTransportCases,
  tokenTransportCases,
  transportCases,
  type ScriptedReply,
  type ScriptedServer,
  type TransportSetup,
} from 'syncline/testing';
import { httpTransport } from 'syncline/transport/http';
import { subject } from './subject.js';

/** Over a server of Node's own on a free port, which does to its answers what networks do. */
const overNode: TransportSetup = async (server, { token, ...conditions }) => {
  const http = createServer((incoming, outgoing) => {
    answer(server, incoming, outgoing).catch(() => outgoing.writeHead(500).end());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    transport: httpTransport({ url, ...conditions, ...(token === undefined ? {} : { token }) }),
    async close() {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
    },
  };
};

async function answer(server: ScriptedServer, incoming: IncomingMessage, outgoing: ServerResponse) {
  const token = incoming.headers.authorization?.replace(/^Bearer /, '');
  const credentials = token === undefined ? {} : { token };
  if (incoming.method === 'HEAD')
    return send(await server({ kind: 'probe', ...credentials }), incoming, outgoing);
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
  const sent = Buffer.concat(chunks);
  const text = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
  const kind = incoming.url === '/push' ? 'push' : 'pull';
  send(await server({ kind, request: JSON.parse(text.toString()), ...credentials }), incoming, outgoing);
}

function send({ body, fault }: ScriptedReply, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (fault === 'silent') return;
  if (fault === 'cut') return void outgoing.destroy();
  if (fault === 'garbled')
    return void outgoing.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in to surf</html>');

  const { status, headers, value } = inHttp(body);
  const isPacked = /gzip/.test(incoming.headers['accept-encoding'] ?? '');
  const text = Buffer.from(JSON.stringify(value));
  const sent = isPacked ? gzipSync(text) : text;
  outgoing.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': sent.length,
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
  });
  if (fault !== 'silent-halfway' && fault !== 'cut-halfway') return void outgoing.end(sent);
  outgoing.write(sent.subarray(0, sent.length / 2), () => {
    if (fault === 'cut-halfway') outgoing.destroy();
  });
}

/** A refusal says by its status what it is, and by a header how long to wait. */
function inHttp(body: unknown): { status: number; headers: Record<string, string>; value: unknown } {
  const refused = parseRefusal(body);
  if (refused === undefined) return { status: 200, headers: {}, value: body };
  const { retryAfterMs } = refused;
  const { error } = body as { error: object };
  return {
    status: refusalOf(refused).status,
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterMs / 1000) },
    value: { error: { ...error, retryAfterMs: undefined } },
  };
}

export const http = subject(
  'transport',
  'httpTransport',
  [...transportCases, ...networkTransportCases, ...tokenTransportCases],
  (run) => run(overNode),
);
