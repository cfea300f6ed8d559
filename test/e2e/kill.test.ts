import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acknowledgeTo, killBrowser, killTab, launchProfile, openTab } from './support/browsers.js';
import { report, settleAccounts, startSum } from './support/ledger.js';
import { seededRandom } from './support/random.js';
import { raiseStage, type Stage } from './support/stage.js';

const tabKills = 20;
const browserKills = 10;

let stage: Stage;
let folder: string;

beforeEach(async () => {
  stage = await raiseStage();
  folder = await mkdtemp(join(tmpdir(), 'syncline-e2e-'));
});

afterEach(async () => {
  await stage.close();
  // Some process of the browser may still be putting its files away.
  await rm(folder, { recursive: true, maxRetries: 5 });
});

test('a tab whose process is killed while it writes loses nothing that it acknowledged', async () => {
  const { seed, random } = seededRandom();
  const context = await launchProfile(folder);
  const acknowledged: string[] = [];
  await acknowledgeTo(acknowledged, context);
  let page = await openTab(context, stage.address({ store: 'tab' }));
  await startSum(page);

  let absent = 0;
  for (let kill = 0; kill < tabKills; kill++) {
    await writeForAWhile(page, acknowledged, random() * 150);
    await killTab(page);
    // Every other page does not sync, so that what is found in it was in the store.
    const next = await openTab(context, stage.address({ store: 'tab', auto: kill % 2 === 0 }));
    absent += (await next.evaluate((ids) => lab.missing(ids), acknowledged)).length;
    expect(await next.evaluate(() => lab.lost())).toEqual([]);
    await page.close();
    page = next;
  }
  const figures = await settleAccounts(stage, page, acknowledged);
  report('tab killed', { seed, kills: tabKills, absent, ...figures });
  await context.close();
  expect(absent).toBe(0);
});

test('a browser that is killed while a page writes loses nothing in silence', async () => {
  const { seed, random } = seededRandom();
  const acknowledged: string[] = [];
  let context = await launchProfile(folder);
  await acknowledgeTo(acknowledged, context);
  let page = await openTab(context, stage.address({ store: 'browser' }));
  await startSum(page);

  let reported = 0;
  for (let kill = 0; kill < browserKills; kill++) {
    await writeForAWhile(page, acknowledged, random() * 300);
    await killBrowser(context);
    context = await launchProfile(folder);
    await acknowledgeTo(acknowledged, context);
    page = await openTab(context, stage.address({ store: 'browser', auto: kill % 2 === 0 }));
    const missing = await page.evaluate((ids) => lab.missing(ids), acknowledged);
    const lost = await page.evaluate(() => lab.lost());
    if (lost.length === 0) {
      expect(missing, 'acknowledged writes that are gone without a word').toEqual([]);
      continue;
    }
    // Chromium is known to throw the database away now and then; what the server does not have is gone with it.
    reported++;
    await page.evaluate(() => lab.drain());
    const truth = await stage.truth();
    for (const id of missing) if (!truth.has(id)) acknowledged.splice(acknowledged.indexOf(id), 1);
  }
  const figures = await settleAccounts(stage, page, acknowledged);
  report('browser killed', { seed, kills: browserKills, 'wiped and reported': reported, ...figures });
  await context.close();
});

async function writeForAWhile(page: Page, acknowledged: readonly string[], ms: number): Promise<void> {
  await page.evaluate(() => lab.writeOn());
  const before = acknowledged.length;
  await expect.poll(() => acknowledged.length, { interval: 2 }).toBeGreaterThan(before);
  await page.waitForTimeout(ms);
}
