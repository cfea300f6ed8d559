import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { pathToFileURL } from 'node:url';
import { root } from './entries.js';

/** What an app in the browser takes. Everything they export, so the figure is an upper bound. */
const measured = ['syncline', 'syncline/storage/idb', 'syncline/transport/http'];

/** rxjs and zod are left out: an app that uses them has them already. */
const external = ['rxjs', 'rxjs/*', 'zod', 'zod/*'];

export const sizeBytesMax = 20 * 1024;

export interface Size {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
}

/** Bundles the sources as an app's bundler would, and weighs the result. */
export async function measureSize(): Promise<Size> {
  const result = await build({
    stdin: {
      contents: measured.map((specifier) => `export * from '${specifier}';`).join('\n'),
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
  return `${measured.join(' + ')}: ${gzipBytes} B gzip (${minifiedBytes} B minified) of ${sizeBytesMax} B allowed`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const size = await measureSize();
  console.log(sizeReport(size));
  if (size.gzipBytes > sizeBytesMax) process.exitCode = 1;
}
