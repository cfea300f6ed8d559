import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import type { ServerRecord } from 'syncline/server';
import { createSyncServer } from 'syncline/server';
import { serveNode } from 'syncline/host/node';
import { memoryStore } from 'syncline/server-store/memory';
import { item } from '../app/entities.js';
import type { LabOptions } from '../app/page.js';

const space = 'default';

/** What the way to the server is like just now. */
interface Weather {
  /** Longest delay of a request, and of its answer, ms. */
  delayMs: number;
  /** Chance that the server acts, and its answer is lost. */
  lossRate: number;
  /** Whether somebody stands in the way and shows a page to log in. */
  portal: boolean;
  /** Drawn from for each request. */
  random: () => number;
}

export interface StageOptions {
  /** Content security policy of the page. Default: none. */
  readonly policy?: string;
}

export type Stage = Awaited<ReturnType<typeof raiseStage>>;

/** A sync server, and beside it the page that speaks with it. */
export async function raiseStage({ policy }: StageOptions = {}) {
  const store = memoryStore();
  const server = createSyncServer({ entities: [item], store, mode: 'development' });
  const page = await (script ??= bundle());
  const weather: Weather = { delayMs: 0, lossRate: 0, portal: false, random: () => 0 };
  const inFlight = { push: 0, pull: 0 };

  const pass = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));
  const exchange = async (
    request: Request,
    next: (request: Request) => Promise<Response>,
  ): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === '/') {
      const answer = text('text/html', '<!doctype html><script type="module" src="/app.js"></script>');
      if (policy !== undefined) answer.headers.set('content-security-policy', policy);
      return answer;
    }
    if (pathname === '/app.js') return text('text/javascript', page);
    if (weather.portal) return text('text/html', '<!doctype html><h1>Welcome to our network</h1>');
    const call = pathname.endsWith('/push') ? 'push' : pathname.endsWith('/pull') ? 'pull' : undefined;
    if (call === undefined) return next(request);
    inFlight[call]++;
    try {
      await pass(weather.random() * weather.delayMs);
      const answer = await next(request);
      await pass(weather.random() * weather.delayMs);
      return weather.random() < weather.lossRate ? new Response(null, { status: 502 }) : answer;
    } finally {
      inFlight[call]--;
    }
  };
  const host = await serveNode(server, { port: 0, middleware: exchange });

  return {
    origin: host.url,
    weather,
    /** Requests that are under way just now. */
    inFlight: (call: 'push' | 'pull') => inFlight[call],
    /** Address of a page that opens a client by itself. */
    address: (options: LabOptions) => `${host.url}/?open=${encodeURIComponent(JSON.stringify(options))}`,
    /** The records of the server, deleted ones too, past the protocol. */
    async truth(): Promise<ReadonlyMap<string, ServerRecord>> {
      const { records } = await store.changesSince(space, { after: 0, limit: 1_000_000 });
      return new Map(records.map((record) => [record.id, record]));
    },
    async close() {
      await host.close();
      await server.close();
    },
  };
}

let script: Promise<string> | undefined;

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../app/page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

function text(type: string, body: string): Response {
  return new Response(body, { headers: { 'content-type': type } });
}
