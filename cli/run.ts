import { nearest, UsageError } from './arguments.js';
import { conformance } from './conformance.js';
import { doctor } from './doctor.js';
import { ownPackage } from './packages.js';
import { simulate } from './simulate.js';
import { exitCodes, type Command, type ExitCode, type Terminal } from './terminal.js';

const commands: readonly Command[] = [conformance, simulate, doctor];

const help = `Usage: syncline <command> [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join('\n')}

  syncline <command> --help    what a command does, and its options
  syncline --version           the version of the package

Ends with 0 when all is well, 1 when something failed, 2 when it was called wrongly, 130 when it was interrupted.`;

/** Runs `syncline` with these arguments. Never rejects: what goes wrong is told, and resolves with another code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name = '--help', ...rest] = args;
  if (['--help', '-h', 'help'].includes(name))
    return tell(terminal, commands.find((each) => each.name === rest[0])?.help ?? help);
  if (['--version', '-v'].includes(name)) return tell(terminal, ownPackage().version);
  const command = commands.find((each) => each.name === name);
  if (command === undefined) {
    const near = nearest(
      name,
      commands.map((each) => each.name),
    );
    const hint = near === undefined ? '' : `; did you mean 'syncline ${near}'?`;
    return complain(terminal, `there is no command '${name}'${hint}`, 'syncline --help');
  }
  if (rest.includes('--help') || rest.includes('-h')) return tell(terminal, command.help);
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (error instanceof UsageError) return complain(terminal, error.message, `syncline ${name} --help`);
    terminal.err(`syncline: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return exitCodes.failed;
  }
}

function tell(terminal: Terminal, text: string): ExitCode {
  terminal.out(text);
  return exitCodes.good;
}

function complain(terminal: Terminal, problem: string, see: string): ExitCode {
  terminal.err(`syncline: ${problem}`);
  terminal.err(`See '${see}'.`);
  return exitCodes.usage;
}
