import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../bench/findings.js';
import { benchCases } from '../../bench/plan.js';

const limitMs = 110_000;

describe('npm run bench -- --quick', () => {
  it(
    'measures every case in a browser, prints a table, and writes it down as data and as a page',
    { timeout: limitMs + 10_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-test-'));
      try {
        const { code, output, errors } = await runBench('--quick', '--out', folder);
        expect({ code, errors }).toEqual({ code: 0, errors: expect.not.stringContaining('Error') });

        const { findings, records } = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as {
          findings: Finding[];
          records: number;
        };
        expect(records).toBe(200);
        const lines = benchCases.flatMap((each) => each.lines);
        expect(findings.map(({ id }) => id)).toEqual([...lines.map(({ id }) => id), 'i']);
        for (const { id, subject, ratio } of findings) {
          expect(subject.median, id).toBeGreaterThan(0);
          if (ratio !== undefined) expect(ratio.median, id).toBeGreaterThan(0);
          expect(Number.isFinite(ratio?.median ?? subject.median), id).toBe(true);
        }

        const page = await readFile(join(folder, 'benchmarks.md'), 'utf8');
        for (const { what } of lines) {
          expect(output).toContain(what);
          expect(page).toContain(`| ${what} |`);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

describe('npm run bench -- --storages --quick', () => {
  it(
    'measures each storage against what it stands on, and writes it down as data and as a page',
    { timeout: limitMs + 10_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-test-'));
      try {
        const { code, output } = await runBench('--storages', '--quick', '--out', folder);
        expect(code).toBe(0);
        const { findings } = JSON.parse(await readFile(join(folder, 'storages.json'), 'utf8')) as {
          findings: Finding[];
        };
        const names = ['memory', 'file', 'sqlite', 'idb', 'idb-rows'];
        expect(findings.map(({ id }) => id)).toEqual(
          names.flatMap((name) => ['single', 'bulk', 'scan'].map((work) => `${name} ${work}`)),
        );
        const page = await readFile(join(folder, 'storage-benchmarks.md'), 'utf8');
        for (const { id, ratio } of findings) {
          expect(ratio?.median, id).toBeGreaterThan(0);
          expect(output).toContain(id);
          expect(page).toContain(`| ${id} |`);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

function runBench(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const impatience = setTimeout(() => child.kill(), limitMs);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearTimeout(impatience);
      resolve({ code, output, errors });
    });
  });
}
