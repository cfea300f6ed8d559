import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/entries.js';
import type { ServerQuestion, Servers } from '../contract.js';
import { selfTimes, type CpuProfile, type SelfTime } from '../profile.js';

export interface ServerProcess {
  readonly servers: Servers;
  /** From here on it is noted where the process spends its time. */
  record(): Promise<void>;
  recorded(): Promise<SelfTime[]>;
  /** Ends the process. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Origin of the page that calls. */
  readonly origin: string;
  /** Records that are there to be pulled. */
  readonly records: number;
}

const scriptName = 'server.mjs';

/** Starts the servers in a Node process of their own, from a bundle, with their database in a file. */
export async function startServers({ origin, records }: ServerOptions): Promise<ServerProcess> {
  const data = await mkdtemp(join(tmpdir(), 'syncline-bench-server-'));
  const folder = await bundleFolder();
  await bundleServer(folder);
  const child = spawn(
    process.execPath,
    [join(folder, scriptName), origin, String(records), join(data, 'server.db')],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, NODE_ENV: 'production' } },
  );
  const exited = once(child, 'exit').then(() => Promise.reject(new Error('the servers have ended')));
  exited.catch(() => undefined);
  const answered = async <T>(): Promise<T> => {
    const [answer] = (await Promise.race([once(child, 'message'), exited])) as [T];
    return answer;
  };
  const ask = <T>(question: ServerQuestion): Promise<T> => {
    const answer = answered<T>();
    child.send(question);
    return answer;
  };
  return {
    servers: await answered<Servers>(),
    record: () => ask('record'),
    async recorded() {
      const map = await readFile(join(folder, `${scriptName}.map`), 'utf8');
      return selfTimes(await ask<CpuProfile>('recorded'), { name: scriptName, map });
    },
    async stop() {
      child.send('stop' satisfies ServerQuestion);
      await exited.catch(() => undefined);
      for (const each of [data, folder]) await rm(each, { recursive: true, force: true });
    },
  };
}

/** Where packages are found by their names. */
async function bundleFolder(): Promise<string> {
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  return mkdtemp(join(cache, 'syncline-bench-'));
}

async function bundleServer(folder: string): Promise<void> {
  await build({
    entryPoints: [join(root, 'bench/server/main.ts')],
    absWorkingDir: root,
    tsconfig: 'tsconfig.json',
    outfile: join(folder, scriptName),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['libsql'],
    sourcemap: 'external',
  });
}
