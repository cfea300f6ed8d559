import { build } from 'esbuild';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../../scripts/entries.js';

const bundle = join(root, 'node_modules/.syncline-test/server.mjs');

/** Builds the server once, so that a restart costs a process and no compiler. */
export async function buildServer(): Promise<void> {
  await build({
    entryPoints: [join(root, 'test/services/support/server.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
}

/** A sync server in a process of its own, over a database file. */
export class ServerProcess {
  #child: ChildProcess | undefined;
  #url = '';

  constructor(readonly file: string) {}

  get url(): string {
    return this.#url;
  }

  /** Starts it, on the port it had before. */
  async start(): Promise<void> {
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    const child = fork(bundle, [this.file, port], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${String(code)} before it listened`);
    });
    const [url] = (await Promise.race([once(child, 'message'), failed])) as [string];
    failed.catch(() => undefined);
    this.#url = url;
  }

  /** Ends it without a warning, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}
