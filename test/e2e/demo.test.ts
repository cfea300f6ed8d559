import { expect, afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { mkdirSync } from 'node:fs';
import {
  chips,
  deviceOf,
  edit,
  field,
  openPage,
  openPiece,
  plug,
  step,
  Visitors,
} from './support/practice-log.js';
import { startDemo, withFolder, type RunningDemo } from '../support/demo.js';

const pictures = '.scratch/demo';
const moonlight = 'Piano Sonata No. 14 “Moonlight”';
const visitors = new Visitors();
const visit = visitors.visit;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  await visitors.start();
});

afterEach(async () => {
  expect(await visitors.leave()).toEqual([]);
});

afterAll(() => visitors.stop());

async function withDemo(use: (demo: RunningDemo) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const demo = await startDemo('--data', folder);
    try {
      await use(demo);
    } finally {
      await demo.stop();
    }
  });
}

describe('the practice log in Chromium', () => {
  it('plays its story: offline edits on both devices merge by rule, a person decides, all end equal', async () => {
    await withDemo(async ({ url }) => {
      const page = await visit(url);
      const [phone, laptop] = [deviceOf(page, 'Phone'), deviceOf(page, 'Laptop')];

      await step(page, 1);
      for (const device of [phone, laptop]) await chips(device).getByText('Offline').waitFor();

      await step(page, 2);
      for (const device of [phone, laptop]) await chips(device).getByText('5 waiting').waitFor();
      await page.getByText(`Phone keeps 5 edits and Laptop 5 on ${moonlight}.`).waitFor();
      await page.getByText('Phone and Laptop differ in 1 piece.').waitFor();

      await step(page, 3);
      await chips(laptop).getByText('1 conflict').waitFor();
      await chips(phone).getByText('Synced').waitFor();
      for (const device of [phone, laptop]) {
        await field(device, 'minutes')
          .getByText('Both count: 0 + 20 from Phone + 15 from Laptop make 35.')
          .waitFor();
        await expect.poll(() => field(device, 'minutes').locator('input').inputValue()).toBe('35');
        await expect
          .poll(() => field(device, 'notes').locator('textarea').inputValue())
          .toBe('Left hand alone, bars 1 to 16.\nWith the metronome, twice through.');
        await expect
          .poll(() => field(device, 'tags').locator('.tag').allTextContents())
          .toEqual(['slow practice×', 'metronome×']);
        await expect.poll(() => field(device, 'status').locator('select').inputValue()).toBe('ready');
        await field(device, 'status')
          .getByText('Laptop wrote later, so “ready” replaced “learning” from Phone.')
          .waitFor();
        await expect
          .poll(() => field(device, 'status').locator('.lost').textContent())
          .toBe('gave way: “learning”');
      }
      await laptop.getByText('Laptop says 66, the server already has 60.').waitFor();
      await expect
        .poll(() => field(laptop, 'tempo').locator('.margin').textContent())
        .toMatch(/^Laptop.*your call$/);

      await step(page, 4);
      await page.getByText('Both devices and the server agree again').waitFor();
      await page.getByText('Phone and Laptop show the same 325 pieces.').waitFor();
      for (const device of [phone, laptop]) {
        await field(device, 'tempo')
          .getByText('Decided by hand on Laptop: 63, in place of 66 and 60.')
          .waitFor();
        await expect.poll(() => field(device, 'tempo').locator('input').inputValue()).toBe('63');
      }
      await page.getByRole('button', { name: 'Ask a brand-new device' }).click();
      await page.getByText('It pulled 325 pieces and 3 device names: all three are equal.').waitFor();

      await page.getByRole('button', { name: 'Again, with another piece' }).click();
      for (const n of [1, 2, 3]) await step(page, n);
      await chips(laptop).getByText('1 conflict').waitFor();
      await laptop.getByRole('heading', { name: 'Clair de lune' }).waitFor();
    });
  });

  it('keeps offline edits, the switch and an open question across a reload', async () => {
    await withDemo(async ({ url }) => {
      const page = await visit(url);
      for (const n of [1, 2]) await step(page, n);
      const [phone, laptop] = [deviceOf(page, 'Phone'), deviceOf(page, 'Laptop')];
      await chips(laptop).getByText('5 waiting').waitFor();

      await page.reload();
      for (const device of [phone, laptop]) {
        await chips(device).getByText('Offline').waitFor();
        await chips(device).getByText('5 waiting').waitFor();
        expect(await device.getByRole('switch').isChecked()).toBe(false);
      }
      await step(page, 3);
      await chips(laptop).getByText('1 conflict').waitFor();

      await page.reload();
      await laptop.getByRole('button', { name: /^Conflicts on Laptop: 1/ }).click();
      await laptop.getByText('Laptop says 66, the server already has 60.').waitFor();
      await openPiece(phone, moonlight);
      await field(phone, 'minutes')
        .getByText('Both count: 0 + 20 from Phone + 15 from Laptop make 35.')
        .waitFor();
    });
  });

  it('shows by hand what waits, who wrote what, and lets a person write the value that counts', async () => {
    await withDemo(async ({ url }) => {
      const page = await visit(url);
      const [phone, laptop] = [deviceOf(page, 'Phone'), deviceOf(page, 'Laptop')];
      const title = 'Gymnopédie No. 1';
      for (const device of [phone, laptop]) {
        await plug(device, false);
        await openPiece(device, title);
      }
      await expect
        .poll(() => field(phone, 'minutes').locator('.margin').textContent())
        .toMatch(/^Catalogue.*synced$/);
      await edit(phone, 'tempo', '66');
      await edit(laptop, 'tempo', '76');
      await field(phone, 'tempo').getByText('waiting').waitFor();
      await expect
        .poll(() => field(phone, 'tempo').locator('.margin').textContent())
        .toMatch(/^Phone.*waiting$/);
      await phone.getByRole('button', { name: /^Queue/ }).click();
      await phone.getByText('Tempo 66').waitFor();
      await phone.getByText('waits to be sent').waitFor();

      await plug(laptop, true);
      await chips(laptop).getByText('Synced').waitFor();
      await plug(phone, true);
      await chips(phone).getByText('1 conflict').waitFor();
      await phone.getByRole('button', { name: /^Conflicts/ }).click();
      await phone.getByText('Tempo was not set. Phone says 66, the server already has 76.').waitFor();
      await phone.getByRole('spinbutton', { name: 'Tempo instead' }).fill('69');
      await phone.getByRole('button', { name: 'Use this' }).click();
      await phone.getByText('No open questions').waitFor();
      await field(laptop, 'tempo')
        .getByText('Decided by hand on Phone: 69, in place of 66 and 76.')
        .waitFor();
    });
  });

  it.each([
    ['keep-local', '66'],
    ['take-remote', '76'],
  ])('ends with one side when a person takes it: %s', async (choice, tempo) => {
    await withDemo(async ({ url }) => {
      const page = await visit(url);
      const [phone, laptop] = [deviceOf(page, 'Phone'), deviceOf(page, 'Laptop')];
      for (const [device, value] of [
        [phone, '66'],
        [laptop, '76'],
      ] as const) {
        await plug(device, false);
        await openPiece(device, 'Ballade No. 1');
        await edit(device, 'tempo', value);
        await chips(device).getByText('1 waiting').waitFor();
      }
      await plug(laptop, true);
      await chips(laptop).getByText('Synced').waitFor();
      await plug(phone, true);
      await phone.locator(`[data-do=${choice}]`).click();
      for (const device of [phone, laptop]) {
        await field(device, 'tempo').getByText('Decided by hand on Phone').waitFor();
        await expect.poll(() => field(device, 'tempo').locator('input').inputValue()).toBe(tempo);
      }
    });
  });

  it('adds, practises, refuses, deletes and brings back', async () => {
    await withDemo(async ({ url }) => {
      const page = await visit(url);
      const [phone, laptop] = [deviceOf(page, 'Phone'), deviceOf(page, 'Laptop')];
      await phone.getByRole('button', { name: '+ Add' }).click();
      await phone.getByRole('textbox', { name: 'Composer' }).fill('Amy Beach');
      await phone.getByRole('textbox', { name: 'Title' }).fill('A Hermit Thrush at Eve');
      await phone.getByRole('button', { name: 'Add', exact: true }).click();
      await phone.getByRole('heading', { name: 'A Hermit Thrush at Eve' }).waitFor();
      await edit(phone, 'minutes', '-5');
      await field(phone, 'minutes').getByRole('alert').waitFor();
      await edit(phone, 'minutes', '10');
      await field(phone, 'minutes').getByRole('alert').waitFor({ state: 'hidden' });

      await page.getByText('Phone and Laptop show the same 326 pieces.').waitFor();
      await laptop.getByRole('searchbox').fill('beach hermit');
      await laptop.getByRole('button', { name: '5 more minutes of A Hermit Thrush at Eve' }).click();
      await phone.getByText('Laptop', { exact: true }).waitFor();
      await expect.poll(() => field(phone, 'minutes').locator('input').inputValue()).toBe('15');

      await phone.getByRole('button', { name: 'Delete' }).click();
      await laptop.getByText('No piece matches.').waitFor();
      await phone.getByRole('button', { name: 'Undo' }).click();
      await laptop.getByText('A Hermit Thrush at Eve').waitFor();
      await page.getByText('Phone and Laptop show the same 326 pieces.').waitFor();
    });
  });

  it('shows one device in two tabs, and another browser what this one did', async () => {
    await withDemo(async ({ url }) => {
      const page = await visit(url);
      const tab = await page.context().newPage();
      await openPage(tab, url);
      await plug(deviceOf(page, 'Phone'), false);
      await chips(deviceOf(tab, 'Phone')).getByText('Offline').waitFor();
      await openPiece(deviceOf(page, 'Phone'), moonlight);
      await edit(deviceOf(page, 'Phone'), 'minutes', '25');
      await chips(deviceOf(tab, 'Phone')).getByText('1 waiting').waitFor();
      await plug(deviceOf(tab, 'Phone'), true);
      await chips(deviceOf(page, 'Phone')).getByText('Synced').waitFor();

      const elsewhere = await visit(url);
      await openPiece(deviceOf(elsewhere, 'Laptop'), moonlight);
      await expect
        .poll(() => field(deviceOf(elsewhere, 'Laptop'), 'minutes').locator('input').inputValue())
        .toBe('25');
    });
  });

  it('says that the server is gone, keeps what is written, and sends it when the server is back', async () => {
    await withFolder(async (folder) => {
      const first = await startDemo('--data', folder);
      const page = await visit(first.url);
      const phone = deviceOf(page, 'Phone');
      await first.stop();
      await openPiece(phone, moonlight);
      await edit(phone, 'minutes', '40');
      await chips(phone).getByText('No server').waitFor();
      await chips(phone).getByText('1 waiting').waitFor();
      const again = await startDemo('--data', folder, '--port', new URL(first.url).port);
      await chips(phone).getByText('Synced').waitFor();
      await page.getByText('Phone and Laptop show the same 325 pieces.').waitFor();
      await again.stop();
    });
  });

  it.each([
    ['wide', 'light', 1366, 900],
    ['wide', 'dark', 1366, 900],
    ['narrow', 'light', 390, 844],
    ['narrow', 'dark', 390, 844],
  ] as const)('fits the window: %s, %s', async (size, colorScheme, width, height) => {
    await withDemo(async ({ url }) => {
      const page = await visit(url, { width, height, colorScheme });
      const shoot = async (name: string) => {
        await page.evaluate(() => scrollTo(0, 0));
        await expect.poll(() => page.locator('.touched').count()).toBe(0);
        await page.screenshot({ path: `${pictures}/${size}-${colorScheme}-${name}.png`, fullPage: true });
        const wider = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(wider).toBe(0);
      };
      await shoot('1-start');
      for (const n of [1, 2]) await step(page, n);
      await chips(deviceOf(page, 'Laptop')).getByText('5 waiting').waitFor();
      await shoot('2-offline');
      await step(page, 3);
      await chips(deviceOf(page, 'Laptop')).getByText('1 conflict').waitFor();
      await page.locator('[data-step="4"]:enabled').waitFor();
      await field(deviceOf(page, 'Phone'), 'minutes').getByText('Both count').waitFor();
      await shoot('3-merged');
      await step(page, 4);
      await page.getByText('Both devices and the server agree again').waitFor();
      await shoot('4-decided');
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
        colorScheme === 'light' ? 'rgb(246, 242, 234)' : 'rgb(22, 20, 18)',
      );
    });
  });
});
