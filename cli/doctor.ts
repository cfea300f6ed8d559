import { positiveInteger, readArguments, serverAddress } from './arguments.js';
import { environmentChecks, packageChecks, type Check } from './doctor-checks.js';
import { serverChecks } from './doctor-server.js';
import { exitCodes, type Command } from './terminal.js';

const help = `Usage: syncline doctor [url] [options]

Says what this environment supports, and what is missing: Node, the interfaces of the platform, packages and copies of
them as seen from the folder it is called in. With the address of a server: whether it answers, which versions of the
protocol it speaks, and how far its clock is from the one here.

  ok         it is there
  missing    it is needed, and not there
  optional   it is not there; only who wants to use it needs it

  --timeout <ms>    for one request. Default 10000
  --json            prints one JSON object instead of lines

Ends with 0 when nothing that is needed is missing, 1 when something is, 2 when it was called wrongly.`;

const options = { timeout: { type: 'string' }, json: { type: 'boolean' } } as const;

export const doctor: Command = {
  name: 'doctor',
  summary: 'says what this environment supports, and what is missing',
  help,
  async run(args, terminal) {
    const { values, positionals } = readArguments(args, options, 1);
    const [url] = positionals.map(serverAddress);
    const timeoutMs = positiveInteger(values.timeout ?? '10000', '--timeout');
    const signal = AbortSignal.any([terminal.signal, AbortSignal.timeout(timeoutMs)]);
    const checks: readonly Check[] = [
      ...environmentChecks(),
      ...packageChecks(terminal.folder),
      ...(url === undefined ? [] : await serverChecks(url, signal)),
    ];
    const missing = checks.filter(({ state }) => state === 'missing').length;
    if (values.json === true) {
      terminal.out(JSON.stringify({ ok: missing === 0, missing, checks }, undefined, 2));
    } else {
      for (const check of checks) terminal.out(lineOf(check));
      terminal.out(missing === 0 ? '\nNothing that is needed is missing.' : `\n${missing} missing.`);
    }
    return missing === 0 ? exitCodes.good : exitCodes.failed;
  },
};

function lineOf({ name, state, found, why }: Check): string {
  const line = `${state.padEnd(9)} ${name.padEnd(20)} ${found}`.trimEnd();
  return state === 'ok' ? line : `${line}\n${' '.repeat(31)}${why}`;
}
