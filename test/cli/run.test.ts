import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { nearest } from '../../cli/arguments.js';
import { isAtLeast } from '../../cli/packages.js';
import { run } from './terminal.js';

describe('syncline', () => {
  it.each([[[]], [['--help']], [['help']], [['-h']]])(
    'with %j tells its commands and exit codes',
    async (args) => {
      const { code, out } = await run(args);
      expect(code).toBe(0);
      for (const word of ['conformance', 'doctor', 'Ends with 0']) expect(out).toContain(word);
    },
  );

  it.each(['conformance', 'simulate', 'doctor'])('%s --help tells its options', async (command) => {
    const help = await run([command, '--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain(`Usage: syncline ${command}`);
    expect(help.out).toContain('--json');
    expect((await run(['help', command])).out).toBe(help.out);
  });

  it.each(['conformance', 'simulate', 'doctor'])(
    '%s has all its options in docs/command-line.md',
    async (command) => {
      const page = readFileSync('docs/command-line.md', 'utf8');
      const { out } = await run([command, '--help']);
      const options = [...out.matchAll(/^ {2}(--[a-z]+)/gm)].map(([, option]) => option);
      expect(options.length).toBeGreaterThan(1);
      for (const option of options) expect(page).toContain(`\`${option}`);
    },
  );

  it('tells its version', async () => {
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+/);
  });

  it.each([
    [['conformnce'], "there is no command 'conformnce'; did you mean 'syncline conformance'?"],
    [['doc'], "did you mean 'syncline doctor'?"],
    [['xyzzy'], "there is no command 'xyzzy'"],
    [['doctor', '--jsno'], 'there is no option --jsno; did you mean --json?'],
    [['doctor', 'example.org'], "'example.org' is no address of the form"],
    [['doctor', '--timeout', 'soon'], "--timeout must be a whole number above 0, not 'soon'"],
    [['conformance'], 'the address of a server is missing'],
    [['conformance', 'http://127.0.0.1:1/a', 'b'], "'b' is one argument too many"],
    [['conformance', 'http://127.0.0.1:1/a', '--token'], '--token'],
    [['conformance', 'http://127.0.0.1:1/a', '--decides', 'maybe'], '--decides is yes or no'],
    [['conformance', 'http://127.0.0.1:1/a', '--limit', 'height=3'], '--limit is one of operationsPerPush'],
    [['conformance', 'http://127.0.0.1:1/a', '--limit', 'depth=-3'], '--limit depth must be a whole number'],
    [
      ['conformance', 'http://127.0.0.1:1/a', '--only', 'no such thing'],
      "no case has 'no such thing' in its name",
    ],
  ])('%j is wrong usage', async (args, message) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).toMatch(/See 'syncline .*--help'\.$/);
  });
});

test.each([
  ['conformnce', 'conformance'],
  ['doctr', 'doctor'],
  ['simulat', 'simulate'],
  ['sim', 'simulate'],
  ['rabbit', undefined],
  ['', undefined],
])('the name nearest to %j is %j', (text, name) => {
  expect(nearest(text, ['conformance', 'simulate', 'doctor'])).toBe(name);
});

test.each([
  ['20.19.0', '>=20.19.0', true],
  ['20.18.9', '>=20.19.0', false],
  ['22.1.0', '>=20.19.0', true],
  ['9.0.0', '>=11.0.0', false],
  ['4.6.7-beta.1', '^4.6.7', true],
  ['5', '>=5.0.1', false],
])('version %s of %s: %j', (version, range, isEnough) => {
  expect(isAtLeast(version, range)).toBe(isEnough);
});
