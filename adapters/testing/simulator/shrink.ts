import type { Program } from './program.js';
import type { Verdict } from './verdict.js';

/** Runs that shrinking may cost. */
const runsMax = 400;

/**
 * The smallest part of a failing run that still breaks the same promise: steps, faults among them, are left out in
 * ever smaller pieces until none can be spared.
 *
 * Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002 (ddmin).
 */
export async function shrink(failed: Verdict, run: (program: Program) => Promise<Verdict>): Promise<Verdict> {
  // Once more as it is, to have its timeline.
  let smallest = await run(failed.program);
  for (let pieces = 2, runs = 0; ;) {
    const { steps } = smallest.program;
    if (steps.length < 2) return smallest;
    const size = Math.ceil(steps.length / pieces);
    let found: Verdict | undefined;
    for (let from = 0; from < steps.length && found === undefined; from += size) {
      if (++runs > runsMax) return smallest;
      const rest = [...steps.slice(0, from), ...steps.slice(from + size)];
      const verdict = await run({ ...smallest.program, steps: rest });
      if (verdict.broken?.promise === failed.broken?.promise) found = verdict;
    }
    // Nothing can be spared, step by step.
    if (found === undefined && size === 1) return smallest;
    pieces = found === undefined ? Math.min(pieces * 2, steps.length) : Math.max(2, pieces - 1);
    smallest = found ?? smallest;
  }
}
