import { build } from 'esbuild';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { root } from '../scripts/entries.js';

export interface Bundle {
  readonly code: string;
  readonly map: string;
}

export const scriptName = 'bench.js';

export interface BundleOptions {
  /** Script of the page, from the root. Default: that of the cases of `plan.ts`. */
  readonly entry?: string;
  /** Keeps the names for a profile. */
  readonly readable?: boolean;
}

/** Bundles as an application would be. */
export async function bundlePage({
  entry = 'bench/page/main.ts',
  readable = false,
}: BundleOptions): Promise<Bundle> {
  const result = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    tsconfig: 'tsconfig.json',
    outfile: join(root, scriptName),
    bundle: true,
    write: false,
    minify: !readable,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    sourcemap: 'external',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const [map, code] = result.outputFiles;
  return { code: code?.text ?? '', map: map?.text ?? '' };
}

export interface Site {
  /** Without a path. */
  readonly origin: string;
  close(): Promise<void>;
}

const html = `<!doctype html><meta charset="utf-8"><title>bench</title><script src="/${scriptName}"></script>`;

/** Serves the page, isolated from other origins: without that the clock has steps of 0.1 ms. */
export async function serveSite(code: string): Promise<Site> {
  const server = createServer(({ url }, response) => {
    const isScript = url === `/${scriptName}`;
    response.writeHead(isScript || url === '/' ? 200 : 404, {
      'content-type': isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(isScript ? code : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
