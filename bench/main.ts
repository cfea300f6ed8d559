import { parseArgs } from 'node:util';
import type { BenchCase } from './case.js';
import { benchCases, fullLoad, quickLoad } from './plan.js';
import { encryptionTable } from './encryption.js';
import { selfTimeTable } from './profile.js';
import { profileCase, type ProfileOptions } from './profile-case.js';
import { cellsOf, plainTable } from './report.js';
import { findingsOf, type Finding } from './findings.js';
import { writeResults } from './results.js';
import { runCase } from './runner.js';
import { startServers, type ServerProcess } from './server/process.js';
import { bundlePage, serveSite } from './site.js';
import { sizeFinding } from './size.js';
import { writeStorageResults } from './storages/results.js';
import { fullStorageLoad, quickStorageLoad, storageFindings } from './storages/run.js';

const usage = `npm run bench -- [options]
  --case a,c,g       only these cases, by letter or name
  --rounds 5         rounds of each case
  --quick            one round on a small store: shows that it works, measures nothing
  --write            write bench/results.json and docs/benchmarks.md; what a run of all cases does by itself
  --out DIR          write results.json and benchmarks.md there instead
  --storages         only the storages against what they stand on; writes docs/storage-benchmarks.md
  --encryption       only what encrypting a storage costs, as a table
  --profile c        where the time of a case goes, in the page and at the server
  --contender NAME   whose time that is; default syncline`;

const { values: args } = parseArgs({
  options: {
    case: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    out: { type: 'string' },
    storages: { type: 'boolean', default: false },
    encryption: { type: 'boolean', default: false },
    profile: { type: 'string' },
    contender: { type: 'string', default: 'syncline' },
    help: { type: 'boolean', default: false },
  },
});

const load = args.quick ? quickLoad : fullLoad;
const rounds = Number(args.rounds ?? (args.quick ? 1 : 5));
const warmUps = args.quick ? 0 : 1;

if (args.help) console.log(usage);
else if (args.storages) await measureStorages();
else if (args.encryption) console.log(await encryptionTable(rounds));
else if (args.profile !== undefined) await showProfiles(chosen(args.profile));
else await measure(chosen(args.case), args.case === undefined);

function chosen(wanted: string | undefined): BenchCase[] {
  const names = wanted?.split(',');
  const cases = benchCases.filter(
    ({ name, letter }) => names === undefined || names.includes(name) || names.includes(letter),
  );
  if (cases.length === 0) throw new Error(`there is no case '${wanted}'\n${usage}`);
  return cases;
}

async function measure(cases: readonly BenchCase[], all: boolean): Promise<void> {
  const findings: Finding[] = [];
  await inSetting(cases, async ({ url, setting }) => {
    for (const benchCase of cases) {
      console.error(`${benchCase.name} …`);
      findings.push(...findingsOf(benchCase, await runCase(benchCase, { url, rounds, warmUps, setting })));
    }
  });
  if (all) findings.push(await sizeFinding());
  console.log(plainTable(cellsOf(findings)));
  const writes = args.write || (all && !args.quick);
  if (args.out !== undefined || writes)
    await writeResults(findings, { records: load.records, rounds, folder: args.out });
}

async function measureStorages(): Promise<void> {
  const run = { load: args.quick ? quickStorageLoad : fullStorageLoad, rounds, warmUps };
  const findings = await storageFindings(run);
  console.log(plainTable(cellsOf(findings)));
  if (args.out !== undefined || !args.quick) await writeStorageResults(findings, run, args.out);
}

async function showProfiles(cases: readonly BenchCase[]): Promise<void> {
  await inSetting(cases, async (surroundings) => {
    for (const benchCase of cases) {
      const { page, server } = await profileCase(benchCase, args.contender, surroundings);
      console.log(`\n${benchCase.name}, ${args.contender}, in the page\n${selfTimeTable(page)}`);
      if (server !== undefined) console.log(`\n${benchCase.name}, at the server\n${selfTimeTable(server)}`);
    }
  });
}

/** Serves the page, and starts what else the cases need, while `work` goes on. */
async function inSetting(
  cases: readonly BenchCase[],
  work: (surroundings: ProfileOptions) => Promise<void>,
): Promise<void> {
  const { code, map } = await bundlePage({ readable: args.profile !== undefined });
  const site = await serveSite(code);
  let server: ServerProcess | undefined;
  try {
    if (cases.some(({ withServers }) => withServers))
      server = await startServers({ origin: site.origin, records: load.records });
    const servers = server?.servers ?? { raw: '', memory: '', sqlite: '' };
    await work({ url: `${site.origin}/`, setting: { load, servers }, map, server });
  } finally {
    await server?.stop();
    await site.close();
  }
}
