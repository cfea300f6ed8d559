import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

type Middleware = (request: Request, next: (request: Request) => Promise<Response>) => Promise<Response>;

interface SiteFile {
  readonly type: string;
  readonly body: string;
}

/** The page's files by path, bundled in memory. */
export async function buildSite(): Promise<ReadonlyMap<string, SiteFile>> {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const bundled = await build({
    entryPoints: [here('page/main.ts')],
    tsconfig: here('../../tsconfig.json'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // The page's security policy forbids code made from text, which zod would otherwise try for speed.
    banner: { js: 'globalThis.__zod_globalConfig = { jitless: true };' },
    sourcemap: 'inline',
    write: false,
    logLevel: 'error',
  });
  await stop();
  return new Map<string, SiteFile>([
    ['/', { type: 'text/html; charset=utf-8', body: await readFile(here('page/index.html'), 'utf8') }],
    ['/style.css', { type: 'text/css; charset=utf-8', body: await readFile(here('page/style.css'), 'utf8') }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: bundled.outputFiles[0]?.text ?? '' }],
  ]);
}

/** Serves the page, and leaves the rest to the sync server. Answers to this machine's own names only. */
export function siteMiddleware(site: ReadonlyMap<string, SiteFile>): Middleware {
  return async (request, next) => {
    // A name that somebody pointed at this machine (DNS rebinding) is not ours.
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.get('host') ?? '')) {
      return new Response('This demo is served to this machine only.\n', { status: 403 });
    }
    const file = site.get(new URL(request.url).pathname);
    if (file === undefined || request.method !== 'GET') return next(request);
    return new Response(file.body, {
      headers: {
        'content-type': file.type,
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'content-security-policy':
          "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
      },
    });
  };
}
