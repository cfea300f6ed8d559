import type { PromiseName } from './promises.js';
import { simulate, type SimulateOptions, type Verdict } from './simulate.js';

/** Runs that shrinking may cost. */
const runsMax = 400;

/**
 * The smallest part of a failing run that still breaks the same promise: steps, faults among them, are left out in
 * ever smaller pieces until none can be spared.
 *
 * Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002 (ddmin).
 */
export async function shrink(options: SimulateOptions, failed: Verdict): Promise<Verdict> {
  const promise = failed.broken?.promise;
  if (promise === undefined) return failed;
  let kept = [...(options.only ?? failed.program.steps.keys())];
  let smallest = failed;
  let runs = 0;
  for (let pieces = 2; kept.length > 1 && pieces <= kept.length && runs < runsMax;) {
    const size = Math.ceil(kept.length / pieces);
    let isSmaller = false;
    for (let from = 0; from < kept.length && runs < runsMax; from += size) {
      const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
      runs++;
      const verdict = await failing({ ...options, only: rest, trace: true }, promise);
      if (verdict === undefined) continue;
      kept = rest;
      smallest = verdict;
      isSmaller = true;
      break;
    }
    pieces = isSmaller ? Math.max(2, pieces - 1) : pieces * 2;
  }
  return smallest;
}

async function failing(options: SimulateOptions, promise: PromiseName): Promise<Verdict | undefined> {
  const verdict = await simulate(options);
  return verdict.broken?.promise === promise ? verdict : undefined;
}

/** A failure for a reader: what broke, what led there, and how to see it again. */
export function describeFailure(options: SimulateOptions, smallest: Verdict): string {
  const { broken, program, lines } = smallest;
  return [
    `seed ${options.seed} breaks ${broken?.promise ?? 'nothing'}: ${broken?.message ?? ''}`,
    `profile ${JSON.stringify(program.profile)}`,
    `${smallest.steps} steps left of ${program.steps.length}:`,
    ...lines,
    `again: npm run test:soak -- --seed ${options.seed} --runs 1`,
  ].join('\n');
}
