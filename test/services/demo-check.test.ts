import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { differences, sideOfStore } from '../../examples/practice-log/compare.js';
import { runDemo, startDemo, withFolder } from '../support/demo.js';
import { sqliteStore } from 'syncline/server-store/sqlite';

const closing = 'both devices and the server are equal';

describe('npm run demo -- --check', () => {
  it('tells the story over HTTP and SQLite, finds all sides equal, and exits with 0', async () => {
    const { code, output } = await runDemo('--check');
    expect(output.trimEnd().split('\n').at(-1)).toBe(closing);
    expect(code).toBe(0);
    for (const rule of ['sum', 'concat', 'union', 'latest', 'person', 'deletes:update-wins']) {
      expect(output).toContain(rule);
    }
    expect(output).toContain('6 merged');
    expect(output).toContain('no answer');
    expect(output).toMatch(/328 records compared on Phone, Laptop, Tablet, the server/);
  });

  it('tells it with pieces of the reader’s own', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'own.csv');
      await writeFile(file, 'composer,title\nA,One\nB,Two\nC,Three\n');
      const { code, output } = await runDemo('--check', '--import', file);
      expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining(closing) });
    });
  });
});

describe('the comparison', () => {
  const records = (entries: Record<string, unknown>) => new Map(Object.entries(entries));

  it('finds equal sides equal, whatever the order of keys and records', () => {
    const a = records({ 'piece/1': { id: '1', tags: ['x', 'y'] }, 'piece/2': { id: '2' } });
    const b = records({ 'piece/2': { id: '2' }, 'piece/1': { tags: ['x', 'y'], id: '1' } });
    expect(
      differences([
        { name: 'Phone', records: a },
        { name: 'the server', records: b },
      ]),
    ).toEqual([]);
  });

  it.each([
    ['another value', { 'piece/1': { id: '1', tempo: 61 } }],
    ['a missing field', { 'piece/1': { id: '1' } }],
    ['a missing record', {}],
    ['a record too many', { 'piece/1': { id: '1', tempo: 60 }, 'piece/2': { id: '2' } }],
  ])('names the record and the sides of %s', (_, planted) => {
    const whole = records({ 'piece/1': { id: '1', tempo: 60 } });
    const found = differences([
      { name: 'Phone', records: whole },
      { name: 'Laptop', records: whole },
      { name: 'the server', records: records(planted) },
    ]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^piece\/[12]: Phone has .*; Laptop has .*; the server has /);
  });
});

describe('npm run demo', () => {
  it('imports once, keeps its data, and closes cleanly when asked to', async () => {
    await withFolder(async (folder) => {
      const first = await startDemo('--data', folder);
      expect((await fetch(`${first.url}/`)).status).toBe(200);
      const ended = await first.stop('SIGINT');
      expect(ended).toMatchObject({ code: 0, output: expect.stringContaining('Imported 325 pieces.') });
      const second = await startDemo('--data', folder);
      expect(await second.stop('SIGTERM')).toMatchObject({
        code: 0,
        output: expect.not.stringContaining('Imported'),
      });

      const store = sqliteStore({ file: join(folder, 'practice.db') });
      const { records } = await sideOfStore('store', store);
      await store.close();
      expect([...records.keys()].filter((key) => key.startsWith('piece/'))).toHaveLength(325);
    });
  });

  it('names each bad row by its line, and imports nothing of the file', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'bad.csv');
      const data = join(folder, 'data');
      await mkdir(data);
      await writeFile(file, 'composer,title,year\nBach,Fine,1722\nBach,,1722\nBach,Odd,soon\n');
      const { code, output } = await runDemo('--import', file, '--data', data, '--port', '0');
      expect(code).toBe(1);
      expect(output).toContain('Nothing was imported');
      expect(output).toMatch(/line 3: title/);
      expect(output).toMatch(/line 4: year/);
      expect(output).not.toContain('line 2');
      expect(await readdir(data)).toEqual([]);
    });
  });

  it('says so when the port is taken, and exits with 1', async () => {
    await withFolder(async (folder) => {
      const running = await startDemo('--data', join(folder, 'a'));
      const { port } = new URL(running.url);
      const { code, output } = await runDemo('--port', port, '--data', join(folder, 'b'));
      await running.stop();
      expect({ code, output }).toEqual({
        code: 1,
        output: `Port ${port} is in use. Choose another one with --port.\n`,
      });
    });
  });

  it.each([
    ['--port', 'soon'],
    ['--sideways', 'x'],
    ['--import', '/no/such/file.json'],
  ])('refuses %s %s with a word and exit code 1', async (...args) => {
    const { code, output } = await runDemo(...args);
    expect(code).toBe(1);
    expect(output).not.toMatch(/\n\s+at /);
    expect(output.length).toBeGreaterThan(20);
  });

  it('answers to this machine’s own names only, and serves nothing else', async () => {
    await withFolder(async (folder) => {
      const running = await startDemo('--data', folder);
      expect(await statusOf(`${running.url}/`)).toBe(200);
      expect(await statusOf(`${running.url}/`, 'rebound.example')).toBe(403);
      expect(await statusOf(`${running.url}/api/v1/sync/health`, 'rebound.example')).toBe(403);
      expect(await statusOf(`${running.url}/page/main.ts`)).toBe(404);
      expect(await statusOf(`${running.url}/practice.db`)).toBe(404);
      await running.stop();
    });
  });
});

/** Status of a `GET`; `fetch` would not let us choose the host's name. */
function statusOf(url: string, host = '127.0.0.1'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject).end();
  });
}
