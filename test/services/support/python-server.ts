import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../../../scripts/entries.js';

/** The server of examples/python-server, in a process of its own on a free port. */
export class PythonServer {
  #child: ChildProcess | undefined;

  constructor(readonly options: readonly string[]) {}

  /** Starts it, and resolves with its address. */
  async start(): Promise<string> {
    const script = join(root, 'examples/python-server/server.py');
    const child = spawn('python3', ['-B', script, '--port', '0', ...this.options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const failed = Promise.race([
      once(child, 'error').then(([error]) => {
        throw new Error('python3 could not be started: is it installed?', { cause: error });
      }),
      once(child, 'exit').then(([code]) => {
        throw new Error(`the server ended with ${String(code)} before it listened`);
      }),
    ]);
    const [url] = (await Promise.race([once(createInterface(child.stdout), 'line'), failed])) as [string];
    failed.catch(() => undefined);
    return url;
  }

  /** Asks it to end, and resolves with the code it ended with. */
  async stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    const [code] = (await gone) as [number | null];
    return code;
  }
}
