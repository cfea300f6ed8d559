import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type CDPSession, type Page } from 'playwright';
import { chromiumArgs, chromiumPath } from '../test/chromium.js';

/** A browser profile on disk: in a private context IndexedDB lives in memory, which is another matter. */
export interface Profile {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function createProfile(): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-'));
  return {
    folder,
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

export interface OpenBrowser {
  readonly page: Page;
  readonly cdp: CDPSession;
  close(): Promise<void>;
}

/** A new browser process over a profile, with the bench page open in it. */
export async function openBrowser({ folder }: Profile, url: string): Promise<OpenBrowser> {
  const context: BrowserContext = await chromium.launchPersistentContext(folder, {
    executablePath: chromiumPath,
    args: [...chromiumArgs, '--js-flags=--expose-gc'],
    headless: true,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(url);
  if (!(await page.evaluate(() => crossOriginIsolated))) throw new Error('the page is not isolated');
  return { page, cdp: await context.newCDPSession(page), close: () => context.close() };
}
