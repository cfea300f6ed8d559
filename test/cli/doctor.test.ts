import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultRuntime } from 'syncline';
import { afterAll, describe, expect, it } from 'vitest';
import type { Check } from '../../cli/doctor-checks.js';
import { serve } from '../adapters/testing/wire-world.js';
import { run } from './terminal.js';

const project = mkdtempSync(join(tmpdir(), 'syncline-doctor-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

function install(name: string, version: string): void {
  const folder = join(project, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }));
}

async function checksOf(
  args: readonly string[],
  folder?: string,
): Promise<{ code: number; checks: Check[] }> {
  const { code, out } = await run(['doctor', ...args, '--json'], folder === undefined ? {} : { folder });
  const { checks, ok } = JSON.parse(out) as { checks: Check[]; ok: boolean };
  expect(ok).toBe(code === 0);
  return { code, checks };
}

function named(checks: readonly Check[], name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}

describe('syncline doctor', () => {
  it('finds all that is needed where the tests run', async () => {
    const { code, out } = await run(['doctor']);
    expect(code).toBe(0);
    expect(out).toContain(`ok        node                 ${process.versions.node}, needed >=`);
    expect(out).toMatch(/^ok {8}libsql {15}\d/m);
    expect(out).toMatch(/\nNothing that is needed is missing\.$/);
  });

  it('says why what is optional matters', async () => {
    const { out } = await run(['doctor'], { folder: project });
    expect(out).toMatch(/^optional {2}libsql {15}not installed\n {31}An optional peer/m);
  });

  it('finds a second copy, and a package that is too old', async () => {
    install('zod', '4.0.1');
    install('libsql', '0.4.0');
    const { code, checks } = await checksOf([], project);
    expect(named(checks, 'zod')).toMatchObject({
      state: 'optional',
      found: expect.stringContaining('a second copy in the project, 4.0.1'),
    });
    expect(named(checks, 'libsql')).toMatchObject({
      state: 'missing',
      found: expect.stringMatching(/^0\.4\.0, needed >=/),
    });
    expect(code).toBe(1);
  });

  it('finds a server that is well', async () => {
    const served = await serve();
    const { code, checks } = await checksOf([served.setup.url]);
    await served.close();
    expect(code).toBe(0);
    expect(checks.slice(-3)).toMatchObject([
      { name: 'server', state: 'ok', found: `${served.setup.url}/health answered 200` },
      { name: 'server protocol', state: 'ok', found: 'versions 1' },
      { name: 'server clock', state: 'ok', found: 'less than a second apart' },
    ]);
  });

  it.each([
    [400_000, 'missing', '400 s ahead'],
    [-60_000, 'ok', '60 s behind'],
  ])('finds a clock that is %d ms off', async (offMs, state, found) => {
    const served = await serve({ runtime: { ...defaultRuntime, now: () => Date.now() + offMs } });
    const { code, checks } = await checksOf([served.setup.url]);
    await served.close();
    expect(code).toBe(state === 'ok' ? 0 : 1);
    expect(named(checks, 'server clock')).toMatchObject({ state, found });
  });

  it('finds a server that speaks another version, one that is no server of ours, and none', async () => {
    const answers = [
      () => Response.json({ serverTime: Date.now(), epoch: 'e', protocol: [2, 3] }),
      () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    ];
    const served = await serve({}, async () => answers.shift()?.() ?? new Response(null, { status: 503 }));
    const { url } = served.setup;
    expect(named((await checksOf([url])).checks, 'server protocol')).toMatchObject({
      state: 'missing',
      found: 'versions 2, 3',
    });
    expect((await checksOf([url])).checks.at(-1)).toMatchObject({
      state: 'missing',
      found: `${url}/health answered 200, and no JSON`,
    });
    expect((await checksOf([url])).checks.at(-1)).toMatchObject({
      state: 'missing',
      found: expect.stringContaining('503'),
    });
    await served.close();
    const gone = await checksOf([url, '--timeout', '2000']);
    expect(gone.code).toBe(1);
    expect(gone.checks.at(-1)).toMatchObject({
      name: 'server',
      state: 'missing',
      found: expect.stringContaining('/health: fetch failed: '),
    });
  });
});
