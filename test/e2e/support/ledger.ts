import type { Page } from 'playwright';
import { expect } from 'vitest';
import type { Stage } from './stage.js';

/** Ids of what is written with one step of the sum each. */
const isCounted = (id: string) => id.endsWith('-sum');

/** Puts the sum that all pages step where all find it. */
export async function startSum(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await lab.items.create({ id: 'sum', n: 0 });
    await lab.client.sync();
  });
}

/**
 * Drains the page, then holds the server to what the pages were told: each acknowledged write is there, each step of
 * the sum counts once, with its item, and the page sees what the server has. Resolves with the figures.
 */
export async function settleAccounts(stage: Stage, page: Page, acknowledged: readonly string[]) {
  await page.evaluate(() => lab.drain());
  const truth = await stage.truth();
  const live = [...truth.values()].filter(({ deleted }) => deleted === undefined);
  const lost = acknowledged.filter((id) => truth.get(id)?.deleted !== undefined || !truth.has(id));
  expect(lost, 'acknowledged writes that the server never got').toEqual([]);
  expect(truth.get('sum')?.data['n'], 'steps of the sum').toBe(live.filter(({ id }) => isCounted(id)).length);
  expect(live).toHaveLength(truth.size);
  const seen = await page.evaluate(() => lab.items.list());
  const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);
  expect([...seen].sort(byId)).toEqual(live.sort(byId).map(({ data }) => data));
  // A page may be about to ask the server again, on its own account.
  await expect
    .poll(() => page.evaluate(() => lab.client.status()))
    .toMatchObject({ state: 'synced', pending: 0, conflicts: 0, deadLetters: 0 });
  return {
    acknowledged: acknowledged.length,
    atServer: truth.size - 1,
    lost: lost.length,
    steps: truth.get('sum')?.data['n'],
  };
}

/** One line of figures for the reader of the run. */
export function report(what: string, figures: Readonly<Record<string, unknown>>): void {
  console.log(
    `${what}: ${Object.entries(figures)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ')}`,
  );
}
