import { build } from 'esbuild';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './support/browsers.js';

const tabs = 3;
const steps = 150;

let browser: Browser;
let server: Server;
let address = '';

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('app/counter.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  const script = outputFiles[0]?.text ?? '';
  server = createServer((_request, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(
      `<!doctype html><script type="module">${script.replaceAll('</script', '<\\/script')}</script>`,
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
  server.close();
});

test(`${tabs} tabs that count in one row of localStorage at once, each in a process of its own, count every step once`, async () => {
  const context = await browser.newContext();
  const pages = await Promise.all(Array.from({ length: tabs }, () => context.newPage()));
  for (const page of pages) {
    await page.goto(address);
    await page.waitForFunction(() => typeof window.count === 'function');
  }
  const counted = await Promise.all(
    pages.map((page) => page.evaluate((times) => window.count(times), steps)),
  );
  expect(counted).toEqual(Array.from({ length: tabs }, () => steps));
  for (const page of pages) expect(await page.evaluate(() => window.total())).toBe(tabs * steps);
  // One that was not there sees the same.
  const late = await context.newPage();
  await late.goto(address);
  await late.waitForFunction(() => typeof window.total === 'function');
  expect(await late.evaluate(() => window.total())).toBe(tabs * steps);
  await context.close();
});
