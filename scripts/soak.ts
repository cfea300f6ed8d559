import { parseArgs } from 'node:util';
import { simulateMany, timelineText } from 'syncline/testing';
import { catalogue as entities, invariants } from '../test/simulation/support/catalogue.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, runs: { type: 'string' } },
});
const minutes = Number(values.minutes ?? (values.runs === undefined ? 5 : Number.POSITIVE_INFINITY));
const runs = Number(values.runs ?? Number.POSITIVE_INFINITY);
const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes > 0) || !(runs > 0) || !Number.isSafeInteger(firstSeed)) {
  console.error('usage: npm run test:soak -- [--minutes N] [--runs N] [--seed S]');
  process.exit(2);
}

let toldAt = 0;
console.log(`seeds from ${firstSeed}`);
const sweep = await simulateMany({
  entities,
  invariants,
  seed: firstSeed,
  runs,
  timeLimitMs: minutes * 60_000,
  failuresMax: Infinity,
  onProgress({ seed, runs: histories, steps, failures, ms }) {
    if (ms - toldAt < 10_000) return;
    toldAt = ms;
    console.log(`${histories} histories, ${steps} steps, ${failures} failed; seed ${seed}`);
  },
});
for (const verdict of sweep.failures) {
  console.log(`${timelineText(verdict)}\nagain: npm run test:soak -- --seed ${verdict.seed} --runs 1\n`);
}
console.log(`\n${sweep.runs - sweep.failures.length} passed, ${sweep.failures.length} failed, 0 skipped`);
process.exitCode = sweep.failures.length === 0 ? 0 : 1;
