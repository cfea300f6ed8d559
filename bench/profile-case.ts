import type { Setting } from './contract.js';
import { createProfile, type OpenBrowser } from './browser.js';
import type { BenchCase } from './plan.js';
import { selfTimes, selfTimeTable } from './profile.js';
import { onProfile, prepare, withBrowser } from './runner.js';

export interface ProfileOptions {
  readonly url: string;
  readonly setting: Omit<Setting, 'round'>;
  /** Source map of the page's script. */
  readonly map: string;
}

/** Rounds before the one that is recorded, so that it shows optimised code. */
const warmUps = 2;

/** Where the time of one run goes: functions by their own time. */
export async function profileCase(
  { name, filledBy }: BenchCase,
  contender: string,
  { url, setting, map }: ProfileOptions,
): Promise<string> {
  if (filledBy === undefined) {
    return withBrowser(url, async (browser) => {
      for (let round = 0; round < warmUps; round++)
        await recorded(browser, name, contender, { ...setting, round });
      return selfTimeTable(
        selfTimes(await recorded(browser, name, contender, { ...setting, round: warmUps }), map),
      );
    });
  }
  const profile = await createProfile();
  try {
    await onProfile(profile, url, (browser) =>
      recorded(browser, filledBy, contender, { ...setting, round: 0 }),
    );
    return await onProfile(profile, url, async (browser) =>
      selfTimeTable(selfTimes(await recorded(browser, name, contender, { ...setting, round: 0 }), map)),
    );
  } finally {
    await profile.remove();
  }
}

const samplingMicros = 100;

async function recorded(browser: OpenBrowser, name: string, contender: string, setting: Setting) {
  const { page, cdp } = browser;
  await prepare(browser, name, contender, setting);
  await cdp.send('Profiler.enable');
  await cdp.send('Profiler.setSamplingInterval', { interval: samplingMicros });
  await cdp.send('Profiler.start');
  await page.evaluate(() => globalThis.bench.run());
  const { profile } = await cdp.send('Profiler.stop');
  await page.evaluate(() => globalThis.bench.dispose());
  return profile;
}
