import type { Program } from './program.js';
import type { Step } from './steps.js';
import type { Verdict } from './verdict.js';

/** Runs that shrinking may cost. */
const runsMax = 400;

/**
 * The smallest part of a failing run that still breaks the same promise: steps, faults among them, are left out in
 * ever smaller pieces until none can be spared. Their time goes with them or, where the failure needs it, to the next step.
 *
 * Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002 (ddmin). A
 * piece that could be spared is not tried again at its size, so that a long run is not out of runs before it is short.
 */
export async function shrink(failed: Verdict, run: (program: Program) => Promise<Verdict>): Promise<Verdict> {
  // Once more as it is, to have its timeline.
  let smallest = await run(failed.program);
  let runs = 0;

  async function takes(steps: readonly Step[]): Promise<boolean> {
    if (++runs > runsMax) return false;
    const verdict = await run({ ...smallest.program, steps });
    const isSame = verdict.broken?.promise === failed.broken?.promise;
    if (isSame) smallest = verdict;
    return isSame;
  }

  let size = smallest.program.steps.length;
  for (let isOver = false; !isOver && runs <= runsMax;) {
    size = Math.ceil(size / 2);
    const before = smallest.program.steps.length;
    for (let from = 0; from < smallest.program.steps.length;) {
      const { steps } = smallest.program;
      const spared = (await takes(without(steps, from, size))) || (await takes(waiting(steps, from, size)));
      if (!spared) from += size;
    }
    isOver = size <= 1 && smallest.program.steps.length === before;
  }
  return smallest;
}

function without(steps: readonly Step[], from: number, size: number): readonly Step[] {
  return [...steps.slice(0, from), ...steps.slice(from + size)];
}

/** What comes after the piece comes at the time that it came before. */
function waiting(steps: readonly Step[], from: number, size: number): readonly Step[] {
  const spentMs = steps.slice(from, from + size).reduce((sum, { waitMs }) => sum + waitMs, 0);
  const [next, ...rest] = steps.slice(from + size);
  return [
    ...steps.slice(0, from),
    ...(next === undefined ? [] : [{ ...next, waitMs: spentMs + next.waitMs }, ...rest]),
  ];
}
