import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  simulateMany,
  timelineHtml,
  timelineText,
  type SimulateOptions,
  type Sweep,
  type Verdict,
} from 'syncline/testing';
import { positiveInteger, readArguments, UsageError } from './arguments.js';
import { exitCodes, type Command, type ExitCode, type Terminal } from './terminal.js';

const help = `Usage: syncline simulate <module> [options]

Runs histories of your application, one for each seed, and looks for one that breaks a promise of Syncline or an
invariant of yours. <module> is a file whose default export is the options of 'simulate' from syncline/testing:

  export default { entities: [simulated(note, { create: (random, id) => ({ id, text: '' }) })] };

A broken history is made as small as possible and printed as a timeline. A module in TypeScript needs a loader:
node --import tsx node_modules/syncline/dist/cli.js simulate my-app.ts

  --seeds <a..b>     these seeds, as 1..500, or one, as 7. Default 1..100; with --minutes from 1 until time is up
  --minutes <n>      starts no history after this time
  --failures <n>     starts no history after so many broken ones. Default 1
  --html <file>      writes the timeline of the first broken history as a page
  --json             prints one JSON object at the end instead of lines

Ends with 0 when all histories kept their promises, 1 when one did not, 2 when it was called wrongly, 130 when it was
interrupted.`;

const options = {
  seeds: { type: 'string' },
  minutes: { type: 'string' },
  failures: { type: 'string' },
  html: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const progressEveryMs = 5000;

export const simulate: Command = {
  name: 'simulate',
  summary: 'looks for a history in which your application goes wrong',
  help,
  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, 1);
    const [name] = positionals;
    if (name === undefined) throw new UsageError('the module with what is to be simulated is missing');
    const { seed, runs } = seedsOf(values.seeds ?? (values.minutes === undefined ? '1..100' : '1..'));
    const failuresMax = positiveInteger(values.failures ?? '1', '--failures');
    const timeLimitMs = values.minutes === undefined ? Infinity : minutesOf(values.minutes) * 60_000;
    const simulated = await optionsIn(name, terminal.folder);
    const sweep = await simulateMany({
      ...simulated,
      seed,
      runs,
      failuresMax,
      timeLimitMs,
      signal: terminal.signal,
      onProgress: progressTo(terminal),
    });
    const [first] = sweep.failures;
    if (values.html !== undefined && first !== undefined)
      await writeFile(resolve(terminal.folder, values.html), timelineHtml(first));
    if (values.json === true) terminal.out(JSON.stringify(reportOf(name, seed, sweep), undefined, 2));
    else tell(terminal, name, sweep, values.html);
    return codeOf(sweep);
  },
};

function codeOf({ ended, failures }: Sweep): ExitCode {
  if (failures.length > 0) return exitCodes.failed;
  return ended === 'aborted' ? exitCodes.interrupted : exitCodes.good;
}

function tell(terminal: Terminal, name: string, sweep: Sweep, html: string | undefined): void {
  for (const verdict of sweep.failures)
    terminal.out(`${timelineText(verdict)}\n\nagain: syncline simulate ${name} --seeds ${verdict.seed}\n`);
  if (html !== undefined)
    terminal.out(
      sweep.failures.length === 0 ? `nothing broke: ${html} was not written` : `timeline: ${html}`,
    );
  if (sweep.ended === 'aborted') terminal.out('interrupted');
  terminal.out(
    `${sweep.runs} histories, ${sweep.steps} steps, ${sweep.writes} writes in ${(sweep.ms / 1000).toFixed(1)} s`,
  );
  terminal.out(`\n${sweep.runs - sweep.failures.length} passed, ${sweep.failures.length} failed`);
}

function reportOf(module: string, firstSeed: number, { failures, faults, ...totals }: Sweep): object {
  return {
    module,
    firstSeed,
    ...totals,
    faults: Object.fromEntries(faults),
    failures: failures.map(({ seed, broken, program, timeline }: Verdict) => ({
      seed,
      ...broken,
      program,
      timeline,
    })),
  };
}

function progressTo({ err }: Terminal) {
  let toldAt = 0;
  return ({ seed, runs, failures, ms }: { seed: number; runs: number; failures: number; ms: number }) => {
    if (ms - toldAt < progressEveryMs) return;
    toldAt = ms;
    err(`${runs} histories, ${failures} failed; seed ${seed}`);
  };
}

function seedsOf(text: string): { readonly seed: number; readonly runs: number } {
  const [, from = '', dots, to = ''] = /^(\d+)(\.\.)?(\d*)$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to === '' ? from : to)];
  if (from === '' || !Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last < first)
    throw new UsageError(`--seeds is one number, or two as in 1..500, not '${text}'`);
  return { seed: first, runs: dots !== undefined && to === '' ? Infinity : last - first + 1 };
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0)) throw new UsageError(`--minutes must be a number above 0, not '${text}'`);
  return minutes;
}

async function optionsIn(name: string, folder: string): Promise<SimulateOptions> {
  const module = (await import(pathToFileURL(resolve(folder, name)).href).catch((cause: unknown) => {
    throw new UsageError(whyNotLoaded(name, cause), { cause });
  })) as { default?: Partial<SimulateOptions> };
  const { entities } = module.default ?? {};
  if (!Array.isArray(entities) || entities.length === 0)
    throw new UsageError(
      `the default export of ${name} must be the options of 'simulate': { entities: [ … ] }`,
    );
  return { ...module.default, entities };
}

function whyNotLoaded(name: string, cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string };
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return `this Node does not load ${name} by itself: node --import tsx node_modules/syncline/dist/cli.js simulate ${name}`;
  return `${name} could not be loaded: ${message ?? String(cause)}`;
}
