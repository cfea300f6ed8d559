import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { LabOptions } from './app/page.js';
import { launch } from './support/browsers.js';
import { report } from './support/ledger.js';
import { raiseStage, type Stage } from './support/stage.js';

let browser: Browser;
const options: LabOptions = { store: 'storage', auto: false };

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
  page = await context.newPage();
});

afterEach(async () => {
  await context.close();
  await stage.close();
});

test('a full disk refuses the write, keeps what is there, and is forgotten when there is room again', async () => {
  const session = await context.newCDPSession(page);
  // Before the database is opened: Chromium asks for its quota once in a while only.
  await session.send('Storage.overrideQuotaForOrigin', { origin: stage.origin, quotaSize: 500_000 });
  expect(await opening(options)).toBe('ok');
  await page.evaluate(async () => {
    for (let step = 0; step < 20; step++) await lab.items.create({ id: `before-${step}` });
  });
  const refused = await page.evaluate(async () => {
    for (let step = 0; step < 1_000; step++) {
      const code = await outcomeOf(lab.items.create({ id: `full-${step}`, text: lab.noise(10_000) }));
      if (code !== 'ok') return { code, step };
    }
    return undefined;
  });
  expect(refused?.code).toBe('storage-quota');
  const written = 20 + (refused?.step ?? 0);
  const refusedId = `full-${refused?.step}`;
  expect(await page.evaluate((id) => lab.items.get(id), refusedId)).toBeUndefined();
  expect(await page.evaluate(() => lab.client.outbox.list().length)).toBe(written);
  expect(await page.evaluate(() => lab.items.list().then((rows) => rows.length))).toBe(written);

  await session.send('Storage.overrideQuotaForOrigin', { origin: stage.origin });
  expect(await page.evaluate((id) => outcomeOf(lab.items.create({ id })), refusedId)).toBe('ok');
  await page.reload();
  await page.waitForFunction(() => window.opened === 'ok');
  expect(await page.evaluate(() => lab.items.list().then((rows) => rows.length))).toBe(written + 1);
  await page.evaluate(() => lab.drain());
  expect((await stage.truth()).size).toBe(written + 1);
  report('full disk', { 'written before': written, refused: 1, 'at server': written + 1 });
});

test('a newer release that upgrades the database is let in, and the old page says why it stops', async () => {
  await opening(options);
  await page.evaluate(() => lab.items.create({ id: 'before' }));
  const other = await bystander();
  const version = await other.evaluate(upgrade, 2);
  expect(version).toBe(2);
  expect(await page.evaluate(() => outcomeOf(lab.items.create({ id: 'after' })))).toBe('storage-closed');
  const codes = await page.evaluate(() =>
    lab.events.flatMap((event) => (event.kind === 'error' ? [event.error.code] : [])),
  );
  expect(codes).toContain('storage-closed');

  // And the old release, opened again, neither hangs nor touches what it does not know.
  expect(await opening(options, await context.newPage())).toBe('version');
  expect(
    await other.evaluate(() => indexedDB.databases().then((all) => all.map((each) => each.version))),
  ).toEqual([2]);
});

test('a database that somebody keeps from opening is reported, not waited for', async () => {
  const other = await bystander();
  // An old page that does not let go, and a deletion that waits for it.
  await other.evaluate(async () => {
    await new Promise((resolve) => (indexedDB.open('storage').onsuccess = resolve));
    indexedDB.deleteDatabase('storage');
  });
  const start = Date.now();
  expect(await opening({ ...options, limitMs: 500 })).toBe('storage-blocked');
  expect(Date.now() - start).toBeLessThan(5_000);
  await other.close();
  expect(await opening(options, await context.newPage())).toBe('ok');
});

test('a store that another page keeps open cannot be thrown away, and says so', async () => {
  expect(await opening({ ...options, limitMs: 3_000 })).toBe('ok');
  const other = await bystander();
  await other.evaluate(() => new Promise((resolve) => (indexedDB.open('storage').onsuccess = resolve)));
  const discarded = await page.evaluate(() => outcomeOf(lab.client.close({ pending: 'discard' })));
  expect(discarded).toBe('storage-blocked');
});

test('where IndexedDB may not be used, opening says so', async () => {
  await page.addInitScript(() => Object.defineProperty(window, 'indexedDB', { value: undefined }));
  expect(await opening(options)).toBe('storage-blocked');
});

/** What becomes of a client that is opened in a tab. */
async function opening(options: LabOptions, tab = page): Promise<string | undefined> {
  await tab.goto(stage.address(options));
  await tab.waitForFunction(() => window.opened !== undefined);
  return tab.evaluate(() => window.opened);
}

/** A tab of the same origin without a client. */
async function bystander(): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(`${stage.origin}/empty`);
  return tab;
}

function upgrade(version: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('storage', version);
    opening.onsuccess = () => {
      resolve(opening.result.version);
      opening.result.close();
    };
    opening.onerror = () => reject(new Error('not upgraded', { cause: opening.error }));
  });
}
