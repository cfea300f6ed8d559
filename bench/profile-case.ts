import type { Setting } from './contract.js';
import { createProfile, type OpenBrowser } from './browser.js';
import type { BenchCase } from './case.js';
import { selfTimes, type CpuProfile, type SelfTime } from './profile.js';
import { onProfile, prepare, withBrowser } from './runner.js';
import type { ServerProcess } from './server/process.js';
import { scriptName } from './site.js';

export interface ProfileOptions {
  readonly url: string;
  readonly setting: Omit<Setting, 'round'>;
  /** Source map of the page's script. */
  readonly map: string;
  /** Where the case speaks with servers. */
  readonly server: ServerProcess | undefined;
}

export interface CaseTimes {
  readonly page: SelfTime[];
  readonly server: SelfTime[] | undefined;
}

/** Rounds before the one that is recorded, so that it shows optimised code. */
const warmUps = 2;

/** Where the time of one run goes: functions by their own time. */
export async function profileCase(
  { name, filledBy }: BenchCase,
  contender: string,
  { url, setting, map, server }: ProfileOptions,
): Promise<CaseTimes> {
  const run = async (browser: OpenBrowser, caseName: string, round: number) => {
    await prepare(browser, caseName, contender, { ...setting, round });
    const isLast = caseName === name && (filledBy !== undefined || round === warmUps);
    if (isLast) await server?.record();
    const profile = await recorded(browser);
    return { profile, server: isLast ? await server?.recorded() : undefined };
  };
  const last =
    filledBy === undefined
      ? await withBrowser(url, async (browser) => {
          for (let round = 0; round < warmUps; round++) await run(browser, name, round);
          return run(browser, name, warmUps);
        })
      : await afterwards(
          (browser) => run(browser, filledBy, 0),
          (browser) => run(browser, name, 0),
          url,
        );
  return { page: selfTimes(last.profile, { name: scriptName, map }), server: last.server };
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

async function recorded({ page, cdp }: OpenBrowser): Promise<CpuProfile> {
  await cdp.send('Profiler.enable');
  await cdp.send('Profiler.setSamplingInterval', { interval: samplingMicros });
  await cdp.send('Profiler.start');
  await page.evaluate(() => globalThis.bench.run());
  const { profile } = await cdp.send('Profiler.stop');
  await page.evaluate(() => globalThis.bench.dispose());
  return profile;
}
