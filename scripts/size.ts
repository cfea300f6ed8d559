import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { pathToFileURL } from 'node:url';
import { root } from './entries.js';

/** What an app in the browser takes: a client with one strategy, its storage and its transport. */
const measured = `
  export { createSyncClient, defineEntity, isSyncError, lastWriteWins } from 'syncline';
  export { idbStorage } from 'syncline/storage/idb';
  export { httpTransport } from 'syncline/transport/http';
`;

/** rxjs and zod are left out: an app that uses them has them already. */
const external = ['rxjs', 'rxjs/*', 'zod', 'zod/*'];

/** What it shall come down to. */
export const sizeBytesAim = 20 * 1024;

/** What it must not grow beyond meanwhile. Every change of it is accounted for in docs/decisions/0003-size.md. */
export const sizeBytesMax = 38.25 * 1024;

export interface Size {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
}

/** Bundles the sources as an app's bundler would, and weighs the result. */
export async function measureSize(): Promise<Size> {
  const result = await build({
    stdin: {
      contents: measured,
      resolveDir: root,
    },
    absWorkingDir: root,
    tsconfig: 'tsconfig.build.json',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external,
    logLevel: 'silent',
  });
  const code = result.outputFiles[0]!.contents;
  return { minifiedBytes: code.byteLength, gzipBytes: gzipSync(code, { level: 9 }).byteLength };
}

export function sizeReport({ minifiedBytes, gzipBytes }: Size): string {
  const times = (gzipBytes / sizeBytesAim).toFixed(2);
  return `client + storage/idb + transport/http: ${gzipBytes} B gzip (${minifiedBytes} B minified), ${times} times the aim of ${sizeBytesAim} B`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const size = await measureSize();
  console.log(sizeReport(size));
  if (size.gzipBytes > sizeBytesAim) process.exitCode = 1;
}
