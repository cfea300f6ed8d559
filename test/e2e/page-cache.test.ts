import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchWithPageCache, openTab } from './support/browsers.js';
import { raiseStage, type Stage } from './support/stage.js';

let browser: Browser;
let stage: Stage;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  browser = await launchWithPageCache();
});

afterAll(async () => {
  await browser.close();
});

/** A page that leads, and is then left for another one. */
beforeEach(async () => {
  stage = await raiseStage();
  context = await browser.newContext();
  page = await openTab(context, stage.address({ store: 'cached' }));
  await expect.poll(() => page.evaluate(() => lab.client.status().state)).toBe('synced');
  expect(await holdersOf(page)).toBe(1);
  await page.evaluate(() => {
    window.shown = [];
    addEventListener('pageshow', ({ persisted }) => window.shown.push(persisted));
  });
  await page.goto(`${stage.origin}/empty`);
});

afterEach(async () => {
  await context.close();
  await stage.close();
});

/** Once the call has returned: a page that leaves at once takes the call's answer with it. */
const goBack = (tab: Page) => tab.evaluate(() => void setTimeout(() => history.back()));

const holdersOf = (tab: Page) => tab.evaluate(async () => (await navigator.locks.query()).held?.length);

test('a page in the back/forward cache holds no lock, and takes part again when it is back', async () => {
  await expect.poll(() => holdersOf(page)).toBe(0);
  await goBack(page);
  await page.waitForFunction(() => window.shown?.[0] === true);
  await expect.poll(() => holdersOf(page)).toBe(1);
  const accepted = await page.evaluate(async () => {
    const receipt = await lab.items.create({ id: 'after' });
    return outcomeOf(receipt.accepted);
  });
  expect(accepted).toBe('ok');
  expect([...(await stage.truth()).keys()]).toEqual(['after']);
});

test('another tab sends meanwhile, and what it writes is seen when the page is back', async () => {
  const other = await openTab(context, stage.address({ store: 'cached' }));
  const accepted = await other.evaluate(async () => {
    const receipt = await lab.items.create({ id: 'meanwhile' });
    return outcomeOf(receipt.accepted);
  });
  expect(accepted).toBe('ok');
  await goBack(page);
  await page.waitForFunction(async () => (await window.lab?.items.get('meanwhile')) !== undefined);
});

declare global {
  /** Whether the page came out of the cache, for each time it was shown. */
  var shown: boolean[];
}
