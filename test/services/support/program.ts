import { build } from 'esbuild';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../../scripts/entries.js';

/** A program of this folder that runs in processes of its own, built once: a restart costs no compiler. */
export class Program {
  readonly #bundle: string;

  private constructor(bundle: string) {
    this.#bundle = bundle;
  }

  static async build(name: string): Promise<Program> {
    const bundle = join(root, `node_modules/.syncline-test/${name}.mjs`);
    await build({
      entryPoints: [join(root, `test/services/support/${name}.ts`)],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'error',
    });
    return new Program(bundle);
  }

  start(...args: readonly string[]): ChildProcess {
    return fork(this.#bundle, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }
}

/** Ends a process without a warning, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
