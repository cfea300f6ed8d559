import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { kill, type Program } from './program.js';

/** A sync server in a process of its own, over a database file. */
export class ServerProcess {
  readonly #program: Program;
  #child: ChildProcess | undefined;
  #url = '';

  constructor(
    program: Program,
    readonly file: string,
  ) {
    this.#program = program;
  }

  get url(): string {
    return this.#url;
  }

  /** Starts it, on the port it had before. */
  async start(): Promise<void> {
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    const child = this.#program.start(this.file, port);
    this.#child = child;
    const failed = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${String(code)} before it listened`);
    });
    const [url] = (await Promise.race([once(child, 'message'), failed])) as [string];
    failed.catch(() => undefined);
    this.#url = url;
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await kill(this.#child);
  }
}
