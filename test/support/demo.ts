import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A run of the demo that has ended. */
export interface DemoRun {
  readonly code: number | null;
  readonly output: string;
}

/** A demo that nobody stopped, because a test failed, ends by itself. */
const limitMs = 100_000;

function spawnDemo(args: readonly string[]): {
  child: ChildProcess;
  output: () => string;
  ended: Promise<DemoRun>;
} {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/practice-log/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const impatience = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const ended = new Promise<DemoRun>((resolve) => {
    child.once('close', (code) => {
      clearTimeout(impatience);
      resolve({ code, output });
    });
  });
  return { child, output: () => output, ended };
}

/** Runs the demo to its end. */
export function runDemo(...args: string[]): Promise<DemoRun> {
  return spawnDemo(args).ended;
}

/** A demo that serves. */
export interface RunningDemo {
  readonly url: string;
  readonly output: () => string;
  stop(signal?: NodeJS.Signals): Promise<DemoRun>;
}

/** Starts the demo, on a free port unless `args` name one, and resolves when it says where it is. */
export async function startDemo(...args: string[]): Promise<RunningDemo> {
  const { child, output, ended } = spawnDemo(args.includes('--port') ? args : ['--port', '0', ...args]);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = /http:\/\/127\.0\.0\.1:\d+(?=\s)/.exec(output());
      if (found !== null) resolve(found[0]);
    });
    void ended.then(({ code }) => reject(new Error(`the demo ended with ${code}: ${output()}`)));
  });
  return {
    url,
    output,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** A folder that is gone after `use`. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'practice-log-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
