import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { chromiumArgs, chromiumPath } from '../../chromium.js';

const launchOptions = { executablePath: chromiumPath, args: chromiumArgs };

/** A browser whose profiles are kept in memory. */
export function launch(): Promise<Browser> {
  return chromium.launch(launchOptions);
}

/** A browser over a profile on disk. */
export function launchProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, launchOptions);
}

/** Writes that the pages of a context were told are durable, in order. */
export async function acknowledgements(context: BrowserContext): Promise<string[]> {
  const ids: string[] = [];
  await context.exposeFunction('acknowledge', (id: string) => void ids.push(id));
  return ids;
}

/** A new tab at an address, once its client is open. Rejects where it could not be opened. */
export async function openTab(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  await untilOpen(page);
  return page;
}

export async function untilOpen(page: Page): Promise<void> {
  await page.waitForFunction(() => window.opened !== undefined);
  const opened = await page.evaluate(() => window.opened);
  if (opened !== 'ok') throw new Error(`the client did not open: ${opened}`);
}
