import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSyncClient, defineEntity, latest, merge, union } from 'syncline';
import { memoryStorage } from 'syncline/storage/memory';
import { wireCases } from 'syncline/testing';
import { httpTransport } from 'syncline/transport/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PythonServer } from './support/python-server.js';

const folder = mkdtempSync(join(tmpdir(), 'syncline-python-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const token = 'ada-token';
const task = defineEntity({
  name: 'task',
  schema: z.object({ id: z.string(), title: z.string(), minutes: z.number(), tags: z.array(z.string()) }),
  strategy: merge({ fields: { '/tags': union() }, otherwise: latest() }),
});

function device(url: string) {
  return createSyncClient({
    entities: [task],
    storage: memoryStorage(),
    transport: httpTransport({ url, token }),
    auto: false,
  });
}

describe.each([
  ['in memory', []],
  ['over a file', ['--file', join(folder, 'cases.db')]],
])('a server in Python, %s,', (_, options) => {
  const server = new PythonServer(['--token', token, ...options]);
  let url = '';
  beforeAll(async () => {
    url = await server.start();
  });
  afterAll(() => server.stop('SIGKILL'));

  it.each(wireCases.map(({ name, run }) => [name, run] as const))('%s', (_name, run) =>
    run({ url, token, decides: false }),
  );

  it.each([40, 900, 20_000])('takes no harm from %d arrays inside one another', async (levels) => {
    const deep = `{"path":"/a","action":"set","value":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const operation = `{"id":"${crypto.randomUUID()}","entity":"note","entityId":"a","kind":"update","changes":[${deep}]}`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const body = `{"replica":"phone","operations":[${operation}]}`;
    const answer = await fetch(`${url}/push`, { method: 'POST', headers, body });
    expect([200, 400]).toContain(answer.status);
    const { results = [{ code: 'protocol' }] } = (await answer.json()) as { results?: { code: string }[] };
    expect(results.map(({ code }) => code)).toEqual(['protocol']);
  });

  it('ends when it is asked to', async () => {
    expect(await server.stop('SIGTERM')).toBe(0);
  });
});

describe('two devices over a server in Python', () => {
  it('converge, and what they wrote outlives the server', async () => {
    const file = ['--token', token, '--file', join(folder, 'devices.db')];
    const first = new PythonServer(file);
    const url = await first.start();
    const [phone, laptop] = [await device(url), await device(url)];
    await phone.collection(task).createMany([
      { id: 'a', title: 'tune', minutes: 5, tags: ['piano'] },
      { id: 'b', title: 'sing', minutes: 5, tags: [] },
    ]);
    for (const each of [phone, laptop]) await each.sync();
    await phone.collection(task).update('a', { minutes: 30 });
    await phone.collection(task).add('a', 'tags', ['daily']);
    await laptop.collection(task).update('a', { title: 'tune well' });
    await laptop.collection(task).add('a', 'tags', ['hard']);
    await laptop.collection(task).delete('b');
    for (let round = 0; round < 3; round++) for (const each of [phone, laptop]) await each.sync();

    const expected = [{ id: 'a', title: 'tune well', minutes: 30, tags: ['daily', 'hard', 'piano'] }];
    for (const each of [phone, laptop]) {
      const rows = await each.collection(task).list();
      expect(rows.map((row) => ({ ...row, tags: [...row.tags].sort() }))).toEqual(expected);
      expect(each.status()).toMatchObject({ state: 'synced', pending: 0, conflicts: 0, deadLetters: 0 });
    }
    const held = await phone.collection(task).list();
    for (const each of [phone, laptop]) await each.close();
    expect(await first.stop('SIGINT')).toBe(0);

    const second = new PythonServer(file);
    const tablet = await device(await second.start());
    await tablet.sync();
    expect(await tablet.collection(task).list()).toEqual(held);
    await tablet.close();
    await second.stop();
  });

  it('send again what a restored backup does not hold', async () => {
    const options = ['--token', token];
    const first = new PythonServer(options);
    const url = await first.start();
    const port = ['--port', new URL(url).port];
    const phone = await device(url);
    await phone.collection(task).create({ id: 'a', title: 'tune', minutes: 5, tags: [] });
    await phone.sync();
    await first.stop();
    const restored = new PythonServer([...options, ...port, '--restored']);
    await restored.start();
    await phone.collection(task).update('a', { title: 'after the restore' });
    for (let round = 0; round < 3; round++) await phone.sync();
    const laptop = await device(url);
    await laptop.sync();
    expect(await laptop.collection(task).list()).toMatchObject([{ id: 'a', title: 'after the restore' }]);
    for (const each of [phone, laptop]) await each.close();
    await restored.stop();
  });
});
