import { defaultLimits } from 'syncline';
import { wireCases, type WireCase, type WireSetup } from 'syncline/testing';
import { nearest, positiveInteger, readArguments, serverAddress, UsageError } from './arguments.js';
import { textOf } from './error-text.js';
import { exitCodes, type Command, type ExitCode, type Terminal } from './terminal.js';

const help = `Usage: syncline conformance <url> [options]

Checks a server, in whatever language, against the wire protocol (docs/protocol.md): ${wireCases.length} cases over HTTP.
<url> is where its calls live, as http://127.0.0.1:8080/api/v1/sync.

It WRITES RECORDS into the server: under names that nobody has, into new spaces where the server gives them to whoever
names them, else among the caller's own records, where they stay. Use a space, an account or a server for tests.

A server that knows its entities needs one named 'conformance' with the fields id and text (texts), count (a number),
tags (an array) and place (an object): 'wireEntity' of syncline/testing. One that only compares clocks needs nothing.

  --token <text>        bearer token; without it what is said about tokens is left out. Better: SYNCLINE_TOKEN in the
                        environment, which other people on this machine do not see
  --entity <name>       the entity, where it is not called 'conformance'
  --space <name>        the space to write to, where it is not to be a new one or the caller's own
  --decides <yes|no>    whether the server decides concurrent writes, or answers each with 'conflict'. Default: either
  --limit <name=value>  a limit of the server other than the protocol's default; may be given several times:
                        ${limitNames().join(', ')}
  --only <text>         only cases whose name contains this; may be given several times
  --timeout <ms>        for one request. Default 10000
  --list                prints the names of the cases, and asks nobody
  --json                prints one JSON object at the end instead of lines

Ends with 0 when all passed, 1 when one failed, 2 when it was called wrongly, 130 when it was interrupted.`;

const options = {
  token: { type: 'string' },
  entity: { type: 'string' },
  space: { type: 'string' },
  decides: { type: 'string' },
  limit: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  timeout: { type: 'string' },
  list: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

interface CaseReport {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'left out';
  readonly ms: number;
  readonly error?: string;
}

export const conformance: Command = {
  name: 'conformance',
  summary: 'checks a server, in any language, against the protocol',
  help,
  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, 1);
    const cases = chosen(values.only ?? []);
    if (values.list === true) {
      for (const { name } of cases) terminal.out(name);
      return exitCodes.good;
    }
    const setup = setupOf(positionals[0], values, terminal);
    const say = values.json === true ? () => undefined : terminal.out;
    const problem = await whyNotAtAll(setup);
    if (problem !== undefined && !terminal.signal.aborted) {
      terminal.err(`syncline: ${problem}`);
      return exitCodes.failed;
    }
    const reports: CaseReport[] = [];
    for (const each of cases) {
      const report = terminal.signal.aborted ? undefined : await runCase(each, setup);
      if (report === undefined || terminal.signal.aborted) break;
      reports.push(report);
      say(lineOf(report));
    }
    return conclude(setup, reports, values.json === true, terminal);
  },
};

function conclude(
  setup: WireSetup,
  cases: readonly CaseReport[],
  isJson: boolean,
  terminal: Terminal,
): ExitCode {
  const count = (outcome: CaseReport['outcome']) => cases.filter((each) => each.outcome === outcome).length;
  const [passed, failed, leftOut] = [count('passed'), count('failed'), count('left out')];
  const isInterrupted = terminal.signal.aborted;
  if (isJson) {
    terminal.out(
      JSON.stringify({ url: setup.url, passed, failed, leftOut, isInterrupted, cases }, undefined, 2),
    );
  } else {
    if (isInterrupted) terminal.out('interrupted');
    terminal.out(`\n${passed} passed, ${failed} failed${leftOut === 0 ? '' : `, ${leftOut} left out`}`);
  }
  if (isInterrupted) return exitCodes.interrupted;
  return failed === 0 ? exitCodes.good : exitCodes.failed;
}

async function runCase({ name, run, needs }: WireCase, setup: WireSetup): Promise<CaseReport> {
  if (needs !== undefined && setup[needs] === undefined)
    return { name, outcome: 'left out', ms: 0, error: `needs --${needs}` };
  const begun = performance.now();
  const error = await run(setup).then(
    () => undefined,
    (thrown: unknown) => textOf(thrown),
  );
  const ms = Math.round(performance.now() - begun);
  return error === undefined ? { name, outcome: 'passed', ms } : { name, outcome: 'failed', ms, error };
}

function lineOf({ name, outcome, error }: CaseReport): string {
  if (outcome === 'passed') return `ok    ${name}`;
  if (outcome === 'left out') return `-     ${name} (${error})`;
  return `FAIL  ${name}\n      ${error?.replaceAll('\n', '\n      ')}`;
}

function setupOf(
  url: string | undefined,
  values: ReturnType<typeof readArguments<typeof options>>['values'],
  { signal, env }: Terminal,
): WireSetup {
  if (url === undefined) throw new UsageError('the address of a server is missing');
  const token = values.token ?? env['SYNCLINE_TOKEN'];
  const { entity, space, decides, timeout } = values;
  if (decides !== undefined && !['yes', 'no'].includes(decides))
    throw new UsageError(`--decides is yes or no, not '${decides}'`);
  return {
    url: serverAddress(url),
    signal,
    limits: Object.fromEntries((values.limit ?? []).map(limitOf)),
    ...(token === undefined || token === '' ? {} : { token }),
    ...(entity === undefined ? {} : { entity }),
    ...(space === undefined ? {} : { space }),
    ...(decides === undefined ? {} : { decides: decides === 'yes' }),
    ...(timeout === undefined ? {} : { timeoutMs: positiveInteger(timeout, '--timeout') }),
  };
}

function limitNames(): string[] {
  const names: readonly (keyof NonNullable<WireSetup['limits']>)[] = [
    'operationsPerPush',
    'requestBytes',
    'operationBytes',
    'depth',
  ];
  return names.map((name) => `${name}=${defaultLimits[name]}`);
}

function limitOf(text: string): [string, number] {
  const [name = '', value = ''] = text.split('=');
  const names = limitNames().map((each) => each.split('=')[0] ?? '');
  if (!names.includes(name))
    throw new UsageError(`--limit is one of ${names.join(', ')}, as in depth=64; not '${text}'`);
  return [name, positiveInteger(value, `--limit ${name}`)];
}

function chosen(only: readonly string[]): readonly WireCase[] {
  if (only.length === 0) return wireCases;
  const names = wireCases.map(({ name }) => name);
  for (const text of only) {
    if (names.some((name) => name.includes(text))) continue;
    const near = nearest(text, names);
    throw new UsageError(
      `no case has '${text}' in its name; ${near === undefined ? '--list prints them' : `did you mean '${near}'?`}`,
    );
  }
  return wireCases.filter(({ name }) => only.some((text) => name.includes(text)));
}

/** Why every case would fail in the same way, so that it is said once: nobody is there, or nobody knows who asks. */
async function whyNotAtAll({
  url,
  signal,
  token,
  timeoutMs = 10_000,
}: WireSetup): Promise<string | undefined> {
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])];
  const ask = async (path: string, init: RequestInit) => {
    const answer = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.any(limits) });
    await answer.body?.cancel();
    return answer.status;
  };
  try {
    if ((await ask('/health', {})) === 404)
      return `${url} answers, but has no /health: is the base path right? The usual one is /api/v1/sync`;
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    if (
      (await ask('/pull', { method: 'POST', headers, body: '{"replica":"conformance","limit":1}' })) === 401
    )
      return token === undefined
        ? `${url} wants to know who asks: give a token by SYNCLINE_TOKEN or --token`
        : `${url} does not know this token`;
    return undefined;
  } catch (error) {
    return `no server answers at ${url}: ${textOf(error)}`;
  }
}
