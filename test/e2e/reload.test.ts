import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acknowledgeTo, launch, openTab, untilOpen } from './support/browsers.js';
import { report, settleAccounts, startSum } from './support/ledger.js';
import { seededRandom } from './support/random.js';
import { raiseStage, type Stage } from './support/stage.js';

const reloads = 30;

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  [browser, stage] = await Promise.all([launch(), raiseStage()]);
});

afterAll(async () => {
  await browser.close();
  await stage.close();
});

test('a page reloaded in the middle of a push or pull loses nothing and applies nothing twice', async () => {
  const { seed, random } = seededRandom();
  const context = await browser.newContext();
  const acknowledged: string[] = [];
  await acknowledgeTo(acknowledged, context);
  const page = await openTab(context, stage.address({ store: 'reload' }));
  await startSum(page);
  await page.goto(stage.address({ store: 'reload', write: true, pollIntervalMs: 50 }));

  Object.assign(stage.weather, { delayMs: 40, lossRate: 0.1, random });
  const hits = { push: 0, pull: 0 };
  for (let round = 0; round < reloads; round++) {
    await untilOpen(page);
    const call = round % 2 === 0 ? 'push' : 'pull';
    await expect.poll(() => stage.inFlight(call), { interval: 2 }).toBeGreaterThan(0);
    await page.waitForTimeout(random() * 30);
    for (const kind of ['push', 'pull'] as const) if (stage.inFlight(kind) > 0) hits[kind]++;
    await page.reload();
  }

  Object.assign(stage.weather, { delayMs: 0, lossRate: 0 });
  await page.goto(stage.address({ store: 'reload' }));
  await untilOpen(page);
  const figures = await settleAccounts(stage, page, acknowledged);
  report('reload', { seed, reloads, 'in a push': hits.push, 'in a pull': hits.pull, ...figures });
  expect(hits.push).toBeGreaterThanOrEqual(reloads / 6);
  expect(hits.pull).toBeGreaterThanOrEqual(reloads / 6);
  expect(figures.acknowledged).toBeGreaterThan(reloads);
  await context.close();
});
