#!/usr/bin/env node
import { runCommand } from './run.js';
import { exitCodes } from './terminal.js';

const interrupted = new AbortController();
// The second one is not caught: who insists gets out at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

// Whoever reads the lines may have heard enough, as `head` has.
process.stdout.once('error', () => process.exit(exitCodes.failed));

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  signal: interrupted.signal,
  env: process.env,
  folder: process.cwd(),
});
