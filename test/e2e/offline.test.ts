import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch, openTab } from './support/browsers.js';
import { report } from './support/ledger.js';
import { raiseStage, type Stage } from './support/stage.js';

let browser: Browser;
let stage: Stage;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  stage = await raiseStage();
  context = await browser.newContext();
  page = await openTab(context, stage.address({ store: 'offline', pollIntervalMs: 0 }));
  await expect.poll(() => page.evaluate(() => lab.client.status().state)).toBe('synced');
});

afterEach(async () => {
  await context.close();
  await stage.close();
});

const status = () => page.evaluate(() => lab.client.status());

test('offline the queue grows, nothing counts as an attempt, and it drains at once when the network is back', async () => {
  await context.setOffline(true);
  await expect.poll(status).toMatchObject({ state: 'offline', online: false });
  await page.evaluate(async () => {
    for (let step = 0; step < 30; step++) await lab.items.create({ id: `offline-${step}` });
    for (let attempt = 0; attempt < 10; attempt++) await lab.client.sync().catch(() => undefined);
  });
  expect(await status()).toMatchObject({ pending: 30, deadLetters: 0 });
  const attempts = await page.evaluate(() => lab.client.outbox.list().map((entry) => entry.attempts));
  expect(attempts).toEqual(Array.from({ length: 30 }, () => 0));

  const start = Date.now();
  await context.setOffline(false);
  await page.waitForFunction(() => lab.client.status().state === 'synced');
  const tookMs = Date.now() - start;
  report('back online', { writes: 30, 'drained in ms': tookMs });
  expect((await stage.truth()).size).toBe(30);
  expect(tookMs).toBeLessThan(2_000);
});

test('a captive portal is offline: its page is no answer, and nothing is lost on it', async () => {
  stage.weather.portal = true;
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect.poll(status).toMatchObject({ online: false });
  await page.evaluate(() => lab.items.create({ id: 'behind-the-portal' }));
  expect(await page.evaluate(() => outcomeOf(lab.client.sync()))).toBe('network');
  expect(
    await page.evaluate(() => lab.client.outbox.list().map(({ attempts, state }) => [state, attempts])),
  ).toEqual([['pending', 0]]);

  stage.weather.portal = false;
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect.poll(status).toMatchObject({ state: 'synced', online: true });
  expect([...(await stage.truth()).keys()]).toEqual(['behind-the-portal']);
});
