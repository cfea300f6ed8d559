import Database from 'libsql';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteStore } from 'syncline/server-store/sqlite';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'syncline-processes-'));
const file = (name: string) => join(folder, `${name}.db`);

afterAll(() => rmSync(folder, { recursive: true }));

/** A process of its own that raises the counter; `onLine` may end it. Resolves with what it said was done. */
async function writer(
  path: string,
  name: string,
  times: number,
  onLine?: (line: number, kill: () => void) => void,
): Promise<number> {
  const script = join(import.meta.dirname, 'sqlite-writer.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, name, String(times)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let done = 0;
  for await (const line of createInterface(child.stdout)) {
    done = Number(line.split(' ')[0]);
    onLine?.(done, () => child.kill('SIGKILL'));
  }
  await ended;
  return done;
}

async function contents(path: string) {
  const store = sqliteStore({ file: path });
  const { records } = await store.changesSince('s', { after: 0, limit: 10_000 });
  const outcomes = await store.outcomes('s', { after: 0, limit: 10_000 });
  const bounds = await store.bounds('s');
  await store.close();
  const observer = new Database(path, { readonly: true });
  const integrity = observer.prepare('PRAGMA integrity_check').all();
  observer.close();
  return {
    records,
    outcomes,
    bounds,
    integrity,
    count: records.find(({ id }) => id === 'counter')?.data['count'],
  };
}

describe('sqliteStore and processes', () => {
  it('counts every step of two processes that write to one file', { timeout: 60_000 }, async () => {
    const path = file('two');
    expect(await Promise.all([writer(path, 'a', 40), writer(path, 'b', 40)])).toEqual([40, 40]);
    const { count, bounds, outcomes, integrity } = await contents(path);
    expect([count, bounds.head, outcomes.length]).toEqual([80, 80, 80]);
    expect(integrity).toMatchObject([{ integrity_check: 'ok' }]);
  });

  it(
    'holds whole transactions, and all that was answered, when its process is killed',
    { timeout: 60_000 },
    async () => {
      const path = file('killed');
      let answered = 0;
      for (const [round, after] of [3, 11, 1].entries()) {
        const done = await writer(path, `r${round}`, 100_000, (line, kill) => line === after && kill());
        expect(done).toBeGreaterThanOrEqual(after);
        answered += done;
        const { records, outcomes, bounds, count, integrity } = await contents(path);
        // One transaction may have been committed without being answered, in each round.
        expect(bounds.head - answered).toBeLessThanOrEqual(round + 1);
        expect(bounds.head).toBeGreaterThanOrEqual(answered);
        expect([count, records.length - 1, outcomes.length]).toEqual([bounds.head, bounds.head, bounds.head]);
        expect(integrity).toMatchObject([{ integrity_check: 'ok' }]);
      }
    },
  );
});
