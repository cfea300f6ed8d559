import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { acknowledgeTo, launch, openTab } from './support/browsers.js';
import { report, settleAccounts, startSum } from './support/ledger.js';
import { raiseStage, type Stage } from './support/stage.js';

let browser: Browser;
let stage: Stage;
let context: BrowserContext;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser.close();
});

beforeEach(async () => {
  stage = await raiseStage();
  context = await browser.newContext();
});

afterEach(async () => {
  await context.close();
  await stage.close();
});

const isLeader = (page: Page) => page.evaluate(() => lab.client.status().leader);

/** Two tabs of one store, the first of which sends. */
async function twoTabs(options: { readonly lease?: boolean } = {}): Promise<readonly [Page, Page]> {
  const address = stage.address({ store: 'tabs', ...options });
  const first = await openTab(context, address);
  await expect.poll(() => isLeader(first)).toBe(true);
  return [first, await openTab(context, address)];
}

test('one tab sends, every tab writes, and each sees what the others write as it happens', async () => {
  const [leader, other] = await twoTabs();
  expect(await isLeader(other)).toBe(false);
  await leader.evaluate(() => {
    window.seen = [];
    lab.items.watch().subscribe((rows) => window.seen.push(rows.map(({ id, text }) => `${id}:${text}`)));
  });

  const settled = await other.evaluate(async () => {
    const receipt = await lab.items.create({ id: 'a', text: 'from the other tab' });
    return outcomeOf(receipt.accepted);
  });
  expect(settled).toBe('ok');
  expect((await stage.truth()).get('a')?.data).toEqual({ id: 'a', text: 'from the other tab' });
  await expect.poll(() => leader.evaluate(() => window.seen.at(-1))).toEqual(['a:from the other tab']);
  await leader.evaluate(() => lab.items.update('a', { text: 'from the leader' }));
  await expect
    .poll(() => other.evaluate(() => lab.items.get('a')))
    .toMatchObject({ text: 'from the leader' });
});

test('two tabs that write one record at once both keep what they wrote', async () => {
  const [one, two] = await twoTabs();
  await startSum(one);
  await expect.poll(() => two.evaluate(() => lab.items.get('sum'))).toBeDefined();
  const write = (page: Page, field: 'text' | 'done') =>
    page.evaluate(async (name) => {
      const receipts = [];
      for (let step = 1; step <= 50; step++) {
        receipts.push(await lab.items.update('sum', { [name]: `${name} ${step}` }));
        await lab.step(`${name}-${step}-sum`);
      }
      return Promise.all(receipts.map((receipt) => outcomeOf(receipt.accepted)));
    }, field);
  const outcomes = await Promise.all([write(one, 'text'), write(two, 'done')]);

  expect(new Set(outcomes.flat())).toEqual(new Set(['ok']));
  const figures = await settleAccounts(stage, one, []);
  const expected = { id: 'sum', n: 100, text: 'text 50', done: 'done 50' };
  expect((await stage.truth()).get('sum')?.data).toEqual(expected);
  await expect.poll(() => two.evaluate(() => lab.items.get('sum'))).toEqual(expected);
  report('two tabs, one record', { writes: 200, ...figures });
});

test.each([
  ['is closed', (leader: Page) => leader.close()],
  ['crashes', crash],
])('when the tab that sends %s another one takes over within 5 s', async (what, end) => {
  const [leader, other] = await twoTabs();
  await end(leader);
  const start = Date.now();
  const accepted = await other.evaluate(async () => {
    const receipt = await lab.items.create({ id: 'after' });
    return outcomeOf(receipt.accepted);
  });
  const tookMs = Date.now() - start;
  report('take over', { 'the leader': what, ms: tookMs });
  expect(accepted).toBe('ok');
  expect(await isLeader(other)).toBe(true);
  expect(tookMs).toBeLessThan(5_000);
});

test('a tab that sends and dies leaves its unsent writes to the next', async () => {
  const [leader, other] = await twoTabs();
  stage.weather.lossRate = 1;
  await leader.evaluate(() => lab.items.createMany([{ id: 'a' }, { id: 'b' }]));
  await leader.close();
  stage.weather.lossRate = 0;
  await expect
    .poll(async () => [...(await stage.truth()).keys()].sort(), { timeout: 5_000 })
    .toEqual(['a', 'b']);
  await expect
    .poll(() => other.evaluate(() => lab.client.status()))
    .toMatchObject({ state: 'synced', pending: 0 });
});

test('tabs that all send at once, without a lease, do no harm', async () => {
  const acknowledged: string[] = [];
  await acknowledgeTo(acknowledged, context);
  const [one, two] = await twoTabs({ lease: false });
  await startSum(one);
  await expect.poll(() => two.evaluate(() => lab.items.get('sum'))).toBeDefined();
  Object.assign(stage.weather, { delayMs: 20, random: () => Math.random() });
  expect(await Promise.all([isLeader(one), isLeader(two)])).toEqual([true, true]);
  await Promise.all([one, two].map((page) => page.evaluate(() => lab.writeOn())));
  await one.waitForTimeout(2_000);
  await Promise.all([one, two].map((page) => page.evaluate(() => lab.stop())));
  Object.assign(stage.weather, { delayMs: 0 });
  await two.evaluate(() => lab.drain());
  report('two tabs send', await settleAccounts(stage, one, acknowledged));
});

async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash');
  const session = await context.newCDPSession(page);
  // Never answered: the process that would is gone.
  session.send('Page.crash').catch(() => undefined);
  await crashed;
}

declare global {
  var seen: string[][];
}
