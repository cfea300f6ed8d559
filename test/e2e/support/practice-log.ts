import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright';
import { chromiumArgs, chromiumPath } from '../../chromium.js';

interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** People who come to see the demo, each with a browser that has never seen it. */
export class Visitors {
  readonly #contexts: BrowserContext[] = [];
  readonly #complaints: string[] = [];
  #browser: Browser | undefined;

  async start(): Promise<void> {
    this.#browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs });
  }

  /** Opens the page, and waits for both devices to be filled. */
  readonly visit = async (
    url: string,
    { width = 1366, height = 900, colorScheme = 'light' }: Look = {},
  ): Promise<Page> => {
    if (this.#browser === undefined) throw new Error('there is no browser');
    const viewport = { width, height };
    const context = await this.#browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    this.#contexts.push(context);
    context.on('console', (message) => {
      const isNetwork = message.text().includes('Failed to load resource');
      if (message.type() === 'error' && !isNetwork) this.#complaints.push(message.text());
    });
    context.on('weberror', (error) => this.#complaints.push(String(error.error())));
    const page = await context.newPage();
    await openPage(page, url);
    return page;
  };

  /** Closes all pages; resolves with what went wrong in them. */
  async leave(): Promise<string[]> {
    for (const context of this.#contexts.splice(0)) await context.close();
    return this.#complaints.splice(0);
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
  }
}

export async function openPage(page: Page, url: string): Promise<void> {
  await page.goto(url);
  for (const name of ['Phone', 'Laptop']) {
    await deviceOf(page, name).getByText('Invention No. 1', { exact: true }).waitFor();
  }
  await page.getByText('Phone and Laptop show the same 325 pieces.').waitFor();
}

export function deviceOf(page: Page, name: string): Locator {
  return page.getByRole('region', { name, exact: true });
}

export function field(device: Locator, name: string): Locator {
  return device.locator(`[data-field=${name}]`);
}

/** Writes a value and leaves the field. */
export async function edit(device: Locator, name: string, value: string): Promise<void> {
  const input = field(device, name).locator('input, textarea, select');
  if ((await input.evaluate((element) => element.tagName)) === 'SELECT') await input.selectOption(value);
  else {
    await input.fill(value);
    await input.blur();
  }
}

/** Finds a piece in the list and opens it. */
export async function openPiece(device: Locator, title: string): Promise<void> {
  await device.getByRole('searchbox').fill(title);
  await device.getByRole('button', { name: title }).first().click();
  await device.getByRole('heading', { name: title }).waitFor();
}

export async function plug(device: Locator, isIn: boolean): Promise<void> {
  await device.getByRole('switch').setChecked(isIn);
}

/** Lets the story play its n-th step. */
export const step = (page: Page, n: number) => page.locator(`[data-step="${n}"]`).click();
export const chips = (device: Locator) => device.locator('.chips');
