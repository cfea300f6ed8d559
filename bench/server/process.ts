import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/entries.js';
import type { Servers } from '../contract.js';
import { selfTimes, type CpuProfile, type SelfTime } from '../profile.js';

export interface ServerProcess {
  readonly servers: Servers;
  /** Ends the process; resolves with where it spent its time, where that was recorded. */
  stop(): Promise<SelfTime[] | undefined>;
}

export interface ServerOptions {
  /** Origin of the page that calls. */
  readonly origin: string;
  /** Records that are there to be pulled. */
  readonly records: number;
  readonly recorded: boolean;
}

const scriptName = 'server.mjs';

/** Starts the servers in a Node process of their own, from a bundle, with their database in a file. */
export async function startServers({ origin, records, recorded }: ServerOptions): Promise<ServerProcess> {
  const data = await mkdtemp(join(tmpdir(), 'syncline-bench-server-'));
  const folder = await bundleFolder();
  await bundleServer(folder);
  const flags = recorded ? ['--cpu-prof', `--cpu-prof-dir=${data}`, '--cpu-prof-interval=100'] : [];
  const child = spawn(
    process.execPath,
    [...flags, join(folder, scriptName), origin, String(records), join(data, 'server.db')],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, NODE_ENV: 'production' } },
  );
  const [servers] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the servers did not start'))),
  ])) as [Servers];
  return {
    servers,
    async stop() {
      const exited = once(child, 'exit');
      child.send('stop');
      await exited;
      const times = recorded ? await recordedTimes(data, folder) : undefined;
      for (const each of [data, folder]) await rm(each, { recursive: true, force: true });
      return times;
    },
  };
}

async function recordedTimes(data: string, folder: string): Promise<SelfTime[]> {
  const file = (await readdir(data)).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('the server recorded nothing');
  const profile = JSON.parse(await readFile(join(data, file), 'utf8')) as CpuProfile;
  return selfTimes(profile, {
    name: scriptName,
    map: await readFile(join(folder, `${scriptName}.map`), 'utf8'),
  });
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
