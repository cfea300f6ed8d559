import type { Setting } from './contract.js';
import { createProfile, type OpenBrowser } from './browser.js';
import type { BenchCase } from './plan.js';
import { selfTimes, type CpuProfile, type SelfTime } from './profile.js';
import { onProfile, prepare, withBrowser } from './runner.js';
import { scriptName } from './site.js';

export interface ProfileOptions {
  readonly url: string;
  readonly setting: Omit<Setting, 'round'>;
  /** Source map of the page's script. */
  readonly map: string;
}

/** Rounds before the one that is recorded, so that it shows optimised code. */
const warmUps = 2;

/** Where the time of one run in the page goes: functions by their own time. */
export async function profileCase(
  { name, filledBy }: BenchCase,
  contender: string,
  { url, setting, map }: ProfileOptions,
): Promise<SelfTime[]> {
  const recorded = (browser: OpenBrowser, caseName: string, round: number) =>
    record(browser, caseName, contender, { ...setting, round });
  const profile =
    filledBy === undefined
      ? await withBrowser(url, async (browser) => {
          for (let round = 0; round < warmUps; round++) await recorded(browser, name, round);
          return recorded(browser, name, warmUps);
        })
      : await afterwards(
          (browser) => recorded(browser, filledBy, 0),
          (browser) => recorded(browser, name, 0),
          url,
        );
  return selfTimes(profile, { name: scriptName, map });
}

/** Two steps on one disk profile, each in a browser process of its own; the result of the second. */
async function afterwards<T>(
  first: (browser: OpenBrowser) => Promise<unknown>,
  second: (browser: OpenBrowser) => Promise<T>,
  url: string,
): Promise<T> {
  const profile = await createProfile();
  try {
    await onProfile(profile, url, first);
    return await onProfile(profile, url, second);
  } finally {
    await profile.remove();
  }
}

const samplingMicros = 100;

async function record(
  browser: OpenBrowser,
  caseName: string,
  contender: string,
  setting: Setting,
): Promise<CpuProfile> {
  const { page, cdp } = browser;
  await prepare(browser, caseName, contender, setting);
  await cdp.send('Profiler.enable');
  await cdp.send('Profiler.setSamplingInterval', { interval: samplingMicros });
  await cdp.send('Profiler.start');
  await page.evaluate(() => globalThis.bench.run());
  const { profile } = await cdp.send('Profiler.stop');
  await page.evaluate(() => globalThis.bench.dispose());
  return profile;
}
