import { simulateMany, timelineText, type Sweep } from 'syncline/testing';
import { catalogue as entities, invariants } from './catalogue.js';

/** Runs the seeds `from` to `from + runs - 1`, all of them, whatever fails. */
export function sweep(from: number, runs: number): Promise<Sweep> {
  return simulateMany({ entities, invariants, seed: from, runs, failuresMax: Infinity });
}

/** The timelines of the broken histories that were shrunk, and a line for each of the others. */
export function failuresOf({ failures }: Sweep, promise: string): string[] {
  return failures.filter(({ broken }) => broken?.promise === promise).map(timelineText);
}

/** Figures of a sweep, for the reader of the run. */
export function figures(from: number, { runs, steps, writes, calls, ms, faults }: Sweep): string {
  const struck = [...faults].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return [
    `seeds ${from} to ${from + runs - 1}: ${steps} steps, ${writes} writes, ${calls} calls in ${(ms / 1000).toFixed(1)} s`,
    `(${Math.round((1000 * steps) / ms)} steps/s); faults that struck: ${struck}`,
  ].join(' ');
}
