import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from './terminal.js';

const folder = mkdtempSync(join(tmpdir(), 'syncline-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const notes = 'test/cli/modules/notes.ts';
const coins = 'test/cli/modules/coins.ts';

describe('syncline simulate', () => {
  it('runs the seeds that it is asked for', async () => {
    const { code, out } = await run(['simulate', notes, '--seeds', '3..7']);
    expect(code).toBe(0);
    expect(out).toMatch(/^5 histories, 150 steps, \d+ writes in [\d.]+ s\n\n5 passed, 0 failed$/);
  });

  it('tells the smallest history that breaks an invariant, and how to see it again', async () => {
    const html = join(folder, 'coins.html');
    const { code, out } = await run(['simulate', coins, '--html', html]);
    expect(code).toBe(1);
    expect(out).toContain("breaks 'each coin is taken once'");
    expect(out).toMatch(/\n0 passed, 1 failed$/);
    expect(readFileSync(html, 'utf8')).toContain('each coin is taken once');

    const [, seed = ''] = /again: syncline simulate \S+ --seeds (\d+)/.exec(out) ?? [];
    const again = await run(['simulate', coins, '--seeds', seed]);
    expect(again.out.split('\n\nagain')[0]).toBe(out.split('\n\nagain')[0]);
  });

  it('tells the same as JSON', async () => {
    const { code, out } = await run(['simulate', coins, '--seeds', '1..40', '--failures', '2', '--json']);
    expect(code).toBe(1);
    const { failures, ...totals } = JSON.parse(out) as { failures: { promise: string }[] };
    expect(totals).toMatchObject({ module: coins, firstSeed: 1, ended: 'failures' });
    expect(failures.map(({ promise }) => promise)).toEqual(Array(2).fill('each coin is taken once'));
  });

  it('ends when time is up, and when it is interrupted', async () => {
    const timely = await run(['simulate', notes, '--minutes', '0.005']);
    expect(timely).toMatchObject({ code: 0, out: expect.stringMatching(/\d+ passed, 0 failed$/) });
    const ended = await run(['simulate', notes, '--minutes', '1'], { signal: AbortSignal.timeout(300) });
    expect(ended).toMatchObject({ code: 130, out: expect.stringMatching(/^interrupted\n/) });
  });

  it.each([
    [[], 'the module with what is to be simulated is missing'],
    [['no-such-file.js'], 'no-such-file.js could not be loaded'],
    [
      ['test/cli/terminal.ts'],
      "the default export of test/cli/terminal.ts must be the options of 'simulate'",
    ],
    [[notes, '--seeds', '9..3'], "--seeds is one number, or two as in 1..500, not '9..3'"],
    [[notes, '--minutes', 'long'], "--minutes must be a number above 0, not 'long'"],
    [[notes, '--failures', '0'], '--failures must be a whole number above 0'],
  ])('%j is wrong usage', async (args, message) => {
    expect(await run(['simulate', ...args])).toMatchObject({
      code: 2,
      err: expect.stringContaining(message),
    });
  });
});
