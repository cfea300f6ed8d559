import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { expect } from 'vitest';
import { chromiumArgs, chromiumPath } from '../../chromium.js';

const launchOptions = { executablePath: chromiumPath, args: chromiumArgs };

/** A browser whose profiles are kept in memory. */
export function launch(): Promise<Browser> {
  return chromium.launch(launchOptions);
}

/** A browser that keeps pages in the back/forward cache, which Playwright turns off otherwise. */
export function launchWithPageCache(): Promise<Browser> {
  return chromium.launch({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
}

/** A browser over a profile on disk. */
export function launchProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, launchOptions);
}

/** Notes the writes that the pages of a context are told are durable, in order. */
export async function acknowledgeTo(ids: string[], context: BrowserContext): Promise<void> {
  await context.exposeFunction('acknowledge', (id: string) => void ids.push(id));
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

/** Processes of the browser that owns this context, and of no other. */
async function processes(context: BrowserContext, type?: 'browser' | 'renderer'): Promise<number[]> {
  const browser = context.browser();
  if (browser === null) throw new Error('a context without a browser');
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter((process) => type === undefined || process.type === type).map(({ id }) => id);
}

/**
 * Ends the processes that run the tabs: the one of this page, and those that stand by. Waits until the browser has
 * noticed: until then it would put a new tab into a dead process.
 */
export async function killTab(page: Page): Promise<void> {
  const context = page.context();
  const crashed = page.waitForEvent('crash');
  const pids = await processes(context, 'renderer');
  for (const pid of pids) signal(pid, 'SIGKILL');
  await crashed;
  const left = async () => (await processes(context)).filter((pid) => pids.includes(pid));
  await expect.poll(left, { interval: 10 }).toEqual([]);
}

/** Ends the whole browser as a power switch would, and waits until all of its processes are gone. */
export async function killBrowser(context: BrowserContext): Promise<void> {
  const all = await processes(context);
  const [pid] = await processes(context, 'browser');
  if (pid === undefined) throw new Error('no browser process');
  signal(pid, 'SIGKILL');
  await expect.poll(() => all.filter((process) => signal(process, 0)), { interval: 10 }).toEqual([]);
}

/** Answers whether the process was there: one that stood by may have ended by itself. */
function signal(pid: number, name: 'SIGKILL' | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
