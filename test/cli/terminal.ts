import { runCommand } from '../../cli/run.js';
import type { Terminal } from '../../cli/terminal.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `syncline` with these arguments in a world of its own. */
export async function run(args: readonly string[], world: Partial<Terminal> = {}): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(args, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    signal: new AbortController().signal,
    env: {},
    folder: process.cwd(),
    ...world,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
