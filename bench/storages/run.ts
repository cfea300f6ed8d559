import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProfile, openBrowser } from '../browser.js';
import { judged, type Finding } from '../findings.js';
import type { Bound } from '../case.js';
import { bundlePage, serveSite } from '../site.js';
import { spreadOf } from '../statistics.js';
import { duel, type DuelTimes, type StorageLoad, type Times } from './duel.js';
import { nodePairs } from './node-pairs.js';

export const fullStorageLoad: StorageLoad = { records: 10_000, singles: 200, scans: 5 };
export const quickStorageLoad: StorageLoad = { records: 100, singles: 10, scans: 1 };

export interface StorageRun {
  readonly load: StorageLoad;
  readonly rounds: number;
  /** Rounds before those, which are not reported. */
  readonly warmUps: number;
}

const works = {
  single: 'durable write of one row',
  bulk: 'durable write of all rows in one commit',
  scan: 'all rows by id',
} as const;

const aims: Readonly<Record<string, Partial<Record<keyof Times, Bound>>>> = {
  sqlite: { single: { ratio: 1.5 }, bulk: { ratio: 2 } },
};

/** Each storage against what it stands on: three findings for each. */
export async function storageFindings(run: StorageRun): Promise<Finding[]> {
  return [...(await inNode(run)), ...(await inBrowser(run))];
}

async function inNode({ load, rounds, warmUps }: StorageRun): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-bench-storages-'));
  const findings: Finding[] = [];
  try {
    for (const [name, pair] of Object.entries(nodePairs(folder))) {
      console.error(`${name} …`);
      const times: DuelTimes[] = [];
      for (let round = 0; round < warmUps + rounds; round++) times.push(await duel(pair, load, round));
      findings.push(...findingsOf(name, times.slice(warmUps)));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return findings;
}

async function inBrowser({ load, rounds, warmUps }: StorageRun): Promise<Finding[]> {
  const { code } = await bundlePage({ entry: 'bench/storages/page.ts' });
  const site = await serveSite(code);
  const profile = await createProfile();
  const browser = await openBrowser(profile, `${site.origin}/`);
  const findings: Finding[] = [];
  try {
    for (const name of await browser.page.evaluate(() => globalThis.storageBench.names)) {
      console.error(`${name} …`);
      const times: DuelTimes[] = [];
      for (let round = 0; round < warmUps + rounds; round++)
        times.push(
          await browser.page.evaluate((given) => globalThis.storageBench.duel(...given), [
            name,
            load,
            round,
          ] as const),
        );
      findings.push(...findingsOf(name, times.slice(warmUps)));
    }
  } finally {
    await browser.close();
    await profile.remove();
    await site.close();
  }
  return findings;
}

function findingsOf(name: string, times: readonly DuelTimes[]): Finding[] {
  return (Object.keys(works) as (keyof Times)[]).map((work) => {
    const subject = spreadOf(times.map(({ ours }) => ours[work]));
    const ratio = spreadOf(times.map(({ ours, raw }) => ours[work] / raw[work]));
    const aim = aims[name]?.[work];
    return {
      id: `${name} ${work}`,
      what: works[work],
      unit: 'ms',
      subject,
      limit: spreadOf(times.map(({ raw }) => raw[work])),
      ratio,
      ...(aim && { aim: judged(aim, subject, ratio) }),
    };
  });
}
