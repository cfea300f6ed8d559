import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LabOptions } from './app/page.js';
import { launch, launchProfile, openTab } from './support/browsers.js';
import { report } from './support/ledger.js';
import { raiseStage, type Stage } from './support/stage.js';

const options: LabOptions = { store: 'loss', auto: false };
const sent = Array.from({ length: 20 }, (_, at) => `sent-${at}`);
const unsent = ['unsent-1', 'unsent-2'];

let stage: Stage;

beforeEach(async () => {
  stage = await raiseStage();
});

afterEach(async () => {
  await stage.close();
});

/** Twenty items that the server has, and two that it does not. */
async function fill(page: Page): Promise<void> {
  await page.evaluate(
    async ([before, after]) => {
      await lab.items.createMany(before.map((id) => ({ id })));
      await lab.drain();
      await lab.items.createMany(after.map((id) => ({ id })));
    },
    [sent, unsent] as const,
  );
}

/** The server has everything that was sent, and nothing is deleted; the page gets it again, and works. */
async function expectWhole(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await lab.drain();
    await lab.items.create({ id: 'afterwards' });
    await lab.drain();
  });
  const truth = [...(await stage.truth()).values()];
  expect(truth.filter(({ deleted }) => deleted)).toEqual([]);
  expect(truth.map(({ id }) => id).sort()).toEqual(['afterwards', ...sent].sort());
  const seen = await page.evaluate(() => lab.items.list());
  expect(seen.map(({ id }) => id).sort()).toEqual(['afterwards', ...sent].sort());
}

describe('site data cleared', () => {
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(async () => {
    await browser.close();
  });

  beforeEach(async () => {
    context = await browser.newContext();
  });

  afterEach(async () => {
    await context.close();
  });

  async function clear(page: Page, storageTypes: 'indexeddb' | 'all'): Promise<void> {
    const session = await context.newCDPSession(page);
    await session.send('Storage.clearDataForOrigin', { origin: stage.origin, storageTypes });
    await session.detach();
  }

  test('while the page is open: the next write is refused, the loss is told, the unsent writes can be saved', async () => {
    const page = await openTab(context, stage.address(options));
    await fill(page);
    await clear(page, 'indexeddb');

    expect(await page.evaluate(() => outcomeOf(lab.items.create({ id: 'late' })))).toBe('storage-corrupt');
    expect(await page.evaluate(() => lab.lost())).toHaveLength(1);
    const exported = await page.evaluate(() => lab.client.outbox.export());
    for (const id of unsent) expect(exported).toContain(id);

    await page.reload();
    await page.waitForFunction(() => window.opened === 'ok');
    await expectWhole(page);
    report('cleared while open', { told: true, 'false deletes': 0 });
  });

  test('while the page is open and idle: the loss is told without a write', async () => {
    const page = await openTab(context, stage.address({ ...options, auto: true, pollIntervalMs: 200 }));
    await fill(page);
    await expect.poll(() => page.evaluate(() => lab.client.status().state)).toBe('synced');
    await clear(page, 'indexeddb');
    await expect.poll(() => page.evaluate(() => lab.lost().length), { timeout: 5_000 }).toBe(1);
    expect((await stage.truth()).size).toBe(sent.length + unsent.length);
  });

  test('while no page is open: the loss is told at the start, and all is pulled again', async () => {
    const page = await openTab(context, stage.address(options));
    await fill(page);
    await page.goto(`${stage.origin}/empty`);
    await clear(page, 'indexeddb');
    const again = await openTab(context, stage.address(options));
    await expect.poll(() => again.evaluate(() => lab.lost())).toHaveLength(1);
    await expectWhole(again);
    report('cleared while closed', { told: true, 'false deletes': 0 });
  });

  test('with every trace of the store: it starts as a new one, and deletes nothing', async () => {
    const page = await openTab(context, stage.address(options));
    await fill(page);
    await page.goto(`${stage.origin}/empty`);
    await clear(page, 'all');
    const again = await openTab(context, stage.address(options));
    expect(await again.evaluate(() => lab.lost())).toEqual([]);
    await expectWhole(again);
  });
});

describe('a profile on disk', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'syncline-e2e-'));
  });

  afterEach(async () => {
    // Some process of the browser may still be putting its files away.
    await rm(folder, { recursive: true, maxRetries: 5 });
  });

  /** Where Chromium keeps the databases of the stage's origin. */
  const home = () =>
    join(folder, 'Default', 'IndexedDB', `http_127.0.0.1_${new URL(stage.origin).port}.indexeddb.leveldb`);

  /** What a browser killed in the middle of a write was seen to leave now and then: checksums that do not fit. */
  async function scramble(): Promise<void> {
    for (const name of await readdir(home())) {
      if (name.startsWith('MANIFEST')) await writeFile(join(home(), name), Buffer.alloc(4096, 'scrambled'));
    }
  }

  test.each([
    ['is gone', () => rm(home(), { recursive: true })],
    ['is beyond reading', () => scramble()],
  ])('whose database %s: the loss is told at the start, and all is pulled again', async (what, damage) => {
    let context = await launchProfile(folder);
    await fill(await openTab(context, stage.address(options)));
    await context.close();
    expect(await readdir(home())).toContain('CURRENT');
    await damage();

    context = await launchProfile(folder);
    const page = await openTab(context, stage.address(options));
    await expect.poll(() => page.evaluate(() => lab.lost())).toHaveLength(1);
    report('profile', { database: what, told: await page.evaluate(() => lab.lost()) });
    await expectWhole(page);
    await context.close();
  });
});
