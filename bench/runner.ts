import type { Measures, Setting } from './contract.js';
import { createProfile, openBrowser, type OpenBrowser, type Profile } from './browser.js';
import type { BenchCase } from './case.js';

/** Contender → measures of each round. */
export type Samples = Readonly<Record<string, readonly Measures[]>>;

export interface RunOptions {
  readonly url: string;
  readonly rounds: number;
  /** Rounds before those, which are not reported: they make the page's code fast. */
  readonly warmUps: number;
  readonly setting: Omit<Setting, 'round'>;
}

/**
 * All contenders of a case in each round, in one page, in turns at going first. A case that starts
 * anew in a new process has no rounds that warm up.
 */
export async function runCase(benchCase: BenchCase, options: RunOptions): Promise<Samples> {
  return benchCase.filledBy === undefined
    ? inOnePage(benchCase, options)
    : inNewProcesses(benchCase, benchCase.filledBy, options);
}

async function inOnePage(
  { name, interleaved }: BenchCase,
  { url, rounds, warmUps, setting }: RunOptions,
): Promise<Samples> {
  const profile = await createProfile();
  const browser = await openBrowser(profile, url);
  try {
    const contenders = await contendersOf(browser, name);
    const samples = emptySamples(contenders);
    let preparations = 0;
    for (let round = -warmUps; round < rounds; round++) {
      const order = turned(contenders, warmUps + round);
      for (const together of interleaved ? [order] : order.map((contender) => [contender])) {
        for (const contender of together)
          await prepare(browser, name, contender, { ...setting, round: preparations++ });
        const measures = await runPrepared(browser);
        if (round >= 0) for (const contender of together) samples[contender]?.push(measures[contender] ?? {});
      }
    }
    return samples;
  } finally {
    await browser.close();
    await profile.remove();
  }
}

async function inNewProcesses(
  { name }: BenchCase,
  filledBy: string,
  { url, rounds, setting }: RunOptions,
): Promise<Samples> {
  const contenders = await withBrowser(url, (browser) => contendersOf(browser, name));
  const samples = emptySamples(contenders);
  for (let round = 0; round < rounds; round++) {
    for (const contender of turned(contenders, round)) {
      const profile = await createProfile();
      const step = (caseName: string) =>
        onProfile(profile, url, async (browser) => {
          await prepare(browser, caseName, contender, { ...setting, round });
          return runPrepared(browser);
        });
      await step(filledBy);
      samples[contender]?.push((await step(name))[contender] ?? {});
      await profile.remove();
    }
  }
  return samples;
}

async function contendersOf({ page }: OpenBrowser, caseName: string): Promise<string[]> {
  return page.evaluate((name) => globalThis.bench.contenders(name), caseName);
}

export async function prepare(
  { page }: OpenBrowser,
  caseName: string,
  contender: string,
  setting: Setting,
): Promise<void> {
  await page.evaluate((given) => globalThis.bench.prepare(...given), [caseName, contender, setting] as const);
}

async function runPrepared({ page }: OpenBrowser): Promise<Readonly<Record<string, Measures>>> {
  const measures = await page.evaluate(() => globalThis.bench.run());
  await page.evaluate(() => globalThis.bench.dispose());
  return measures;
}

export async function onProfile<T>(
  profile: Profile,
  url: string,
  work: (browser: OpenBrowser) => Promise<T>,
): Promise<T> {
  const browser = await openBrowser(profile, url);
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

export async function withBrowser<T>(url: string, work: (browser: OpenBrowser) => Promise<T>): Promise<T> {
  const profile = await createProfile();
  try {
    return await onProfile(profile, url, work);
  } finally {
    await profile.remove();
  }
}

function emptySamples(contenders: readonly string[]): Record<string, Measures[]> {
  return Object.fromEntries(contenders.map((contender) => [contender, []]));
}

function turned<T>(values: readonly T[], by: number): readonly T[] {
  const at = by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}
