import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem, version } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../scripts/entries.js';
import { chromiumPath } from '../test/chromium.js';
import type { Finding } from './findings.js';
import { cellsOf, markdownTable } from './report.js';

export interface RunFacts {
  /** Records in a store. */
  readonly records: number;
  readonly rounds: number;
  /** Where the two files go. Default: their places in the repository. */
  readonly folder?: string | undefined;
}

/** Writes the figures for machines, and the page about them for people. */
export async function writeResults(findings: readonly Finding[], facts: RunFacts): Promise<void> {
  const surroundings = await surroundingsOf(facts);
  const places =
    facts.folder === undefined
      ? { json: join(root, 'bench/results.json'), page: join(root, 'docs/benchmarks.md') }
      : { json: join(facts.folder, 'results.json'), page: join(facts.folder, 'benchmarks.md') };
  await write(places.json, `${JSON.stringify({ ...surroundings, findings }, null, 2)}\n`);
  await write(places.page, pageOf(findings, surroundings));
}

export interface Surroundings {
  readonly date: string;
  readonly command: string;
  readonly commit: string;
  readonly rounds: number;
  readonly records: number;
  readonly machine: string;
  /** Processes that wanted a core, over the last minute. */
  readonly loadAverage: number;
  readonly versions: Readonly<Record<string, string>>;
}

export async function surroundingsOf({ records, rounds }: RunFacts): Promise<Surroundings> {
  const cores = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench', ...process.argv.slice(2)].join(' '),
    commit: await outputOf('git', ['rev-parse', '--short', 'HEAD']),
    rounds,
    records,
    machine: `${cores.length} cores (${cores[0]?.model ?? 'unknown'}), ${gibibytes} GiB, ${version()}`,
    loadAverage: Math.round((loadavg()[0] ?? NaN) * 10) / 10,
    versions: {
      syncline: await versionIn('package.json'),
      node: process.version.slice(1),
      chromium: await outputOf(chromiumPath, ['--version']),
      zod: await versionIn('node_modules/zod/package.json'),
      rxjs: await versionIn('node_modules/rxjs/package.json'),
      libsql: await versionIn('node_modules/libsql/package.json'),
    },
  };
}

async function versionIn(file: string): Promise<string> {
  return (JSON.parse(await readFile(join(root, file), 'utf8')) as { version: string }).version;
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd: root });
  return stdout.trim();
}

export async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** The line that says where the figures of a page come from. */
export function writtenBy({ date, command, commit, machine, loadAverage, versions }: Surroundings): string {
  const used = Object.entries(versions).map(([name, value]) => `${name} ${value.replace(/^Chromium /, '')}`);
  return `Written by \`${command}\` on ${date}, commit ${commit}: ${machine}; load average ${loadAverage}; ${used.join(', ')}.`;
}

function pageOf(findings: readonly Finding[], surroundings: Surroundings): string {
  const { rounds, records } = surroundings;
  return `# Benchmarks

${writtenBy(surroundings)}

Each figure is held against what the platform can do at best: bare IndexedDB with one \`put\` per record into a store with
one index, or bare JSON over HTTP. Both run in the same page of a real Chromium with a profile on disk, in turns, in each of
${rounds} rounds, after one that warms up and is not counted. A figure is the median of the rounds; a ratio is taken within each
round, and its least and greatest are given. Compare ratios: times belong to this machine, and to what else it was doing.

The stores hold ${records.toLocaleString('en')} records of about 215 bytes. A write counts once its IndexedDB transaction is complete. Syncline's
writes hold the record and its entry in the outbox in one commit; bare IndexedDB stores the record alone.

${markdownTable(cellsOf(findings))}

The first aim is what this release set out to reach; the target is what the design allows. A line without either explains the
one before it.

## What each line does

- **a, b, d, e, f, h** start from records that were pulled from a server, so that the outbox is empty. Syncing by itself is off.
- **a** alternates in slices of 20 writes. **b** gives each side 1,000 in a row; compactions of the log fall into it.
- **a strict** asks both sides for strict durability.
- **b′** issues 1,000 writes at once, each with its own promise. Syncline makes them durable together.
- **c** writes into an empty store; bare IndexedDB has one transaction for all records.
- **d** reads the record and writes it back in one transaction on the bare side.
- **g** opens the store in a new browser process and ends with all records in hand.
- **h** runs from the call of the write to the new result at the watcher. The bare side puts, and runs again the one query that
  the write concerns, which no code could know without looking. Syncline tells watchers after the write is durable, so that
  nobody is shown what a crash could still take back: the first line contains the durable write of **a**, which no watching can
  make shorter, and the aims are about the delivery, the time from there to the watcher.
- **k, l** go over HTTP to a Node process on the same machine, with \`memoryStore\` and with \`sqliteStore\` at its default,
  fully synchronous. The bare side sends or fetches the same JSON and keeps it in memory on both ends; the \`app\` lines
  compare with bare records and the IndexedDB writes that an application without a library needs.
- **i** leaves rxjs and zod out.

\`npm run bench -- --profile c\` shows where the time of a case goes, \`--help\` what else there is.
`;
}
