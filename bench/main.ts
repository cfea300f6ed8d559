import { parseArgs } from 'node:util';
import { benchCases, fullLoad, quickLoad } from './plan.js';
import { profileCase } from './profile-case.js';
import { cellsOf, findingsOf, plainTable, type Finding } from './report.js';
import { runCase } from './runner.js';
import { bundlePage, serveSite } from './site.js';

const { values: args } = parseArgs({
  options: {
    case: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
    contender: { type: 'string', default: 'syncline' },
    out: { type: 'string' },
  },
});

const load = args.quick ? quickLoad : fullLoad;
const rounds = Number(args.rounds ?? (args.quick ? 1 : 5));
const wanted = (args.profile ?? args.case)?.split(',');
const chosen = benchCases.filter(
  ({ name, letter }) => wanted === undefined || wanted.includes(name) || wanted.includes(letter),
);
const bundle = await bundlePage(args.profile !== undefined);
const site = await serveSite(bundle);
const setting = { load, servers: { raw: '', memory: '', sqlite: '' } };
try {
  if (args.profile === undefined) {
    const findings: Finding[] = [];
    for (const benchCase of chosen) {
      console.error(`${benchCase.name} …`);
      findings.push(...findingsOf(benchCase, await runCase(benchCase, { url: site.url, rounds, setting })));
    }
    console.log(plainTable(cellsOf(findings)));
  } else {
    for (const benchCase of chosen) {
      console.log(`\n${benchCase.name}, ${args.contender}`);
      console.log(await profileCase(benchCase, args.contender, { url: site.url, setting, map: bundle.map }));
    }
  }
} finally {
  await site.close();
}
