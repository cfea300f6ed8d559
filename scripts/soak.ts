import { parseArgs } from 'node:util';
import { describeFailure, shrink } from '../adapters/testing/simulator/shrink.js';
import { simulate } from '../adapters/testing/simulator/simulate.js';

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

const startedAt = performance.now();
let passed = 0;
let failed = 0;
let steps = 0;
let toldAt = startedAt;
console.log(`seeds from ${firstSeed}`);
for (
  let seed = firstSeed;
  seed < firstSeed + runs && performance.now() - startedAt < minutes * 60_000;
  seed++
) {
  const verdict = await simulate({ seed });
  steps += verdict.steps;
  if (verdict.broken === undefined) passed++;
  else {
    failed++;
    console.log(describeFailure({ seed }, await shrink({ seed }, verdict)));
  }
  if (performance.now() - toldAt < 10_000) continue;
  toldAt = performance.now();
  console.log(`${passed + failed} histories, ${steps} steps, ${failed} failed; seed ${seed}`);
}
console.log(`\n${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;
