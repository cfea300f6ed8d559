import { faultKinds, type FaultKind } from './faults.js';
import { simulate, type SimulateOptions } from './simulate.js';
import type { Verdict } from './verdict.js';

export interface SimulateManyOptions extends Omit<SimulateOptions, 'trace' | 'shrink'> {
  /** The first seed; the others follow it, one by one. Default 1. */
  readonly seed?: number;
  /** Histories at most. Default 100. */
  readonly runs?: number;
  /** Starts no history after this time, in real milliseconds. Default: none. */
  readonly timeLimitMs?: number;
  /** Starts no history after so many broken ones; the first three are shrunk. Default 1. */
  readonly failuresMax?: number;
  /** Called after each history. */
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Starts no further history once it aborts. */
  readonly signal?: AbortSignal;
}

/** How far a sweep has come. */
export interface SweepProgress {
  /** The seed that was run last. */
  readonly seed: number;
  readonly runs: number;
  readonly failures: number;
  readonly steps: number;
  /** Real milliseconds so far. */
  readonly ms: number;
}

/** What many histories came to. */
export interface Sweep {
  /** Why it ended. */
  readonly ended: 'done' | 'failures' | 'time' | 'aborted';
  readonly runs: number;
  /** The verdicts of the broken histories. */
  readonly failures: readonly Verdict[];
  readonly steps: number;
  readonly writes: number;
  /** Calls to the server. */
  readonly calls: number;
  /** How often each kind of fault struck. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Real milliseconds. */
  readonly ms: number;
}

/** Broken histories that are shrunk; a broken build breaks them all. */
const shrunkMax = 3;

/**
 * Runs one history after the other, each with the next seed, until one breaks a promise, or there were enough.
 *
 * @example
 * ```ts
 * import { defineEntity, lastWriteWins } from 'syncline';
 * import { simulateMany, simulated, timelineText } from 'syncline/testing';
 * import { z } from 'zod';
 *
 * const note = defineEntity({
 *   name: 'note',
 *   schema: z.object({ id: z.string(), text: z.string() }),
 *   strategy: lastWriteWins(),
 * });
 * const sweep = await simulateMany({
 *   entities: [simulated(note, { create: (random, id) => ({ id, text: random.pick(['milk', 'tea', 'bread']) }) })],
 *   runs: 20,
 *   timeLimitMs: 10_000,
 *   signal: AbortSignal.timeout(20_000),
 * });
 * for (const verdict of sweep.failures) throw new Error(timelineText(verdict));
 * console.log(`${sweep.runs} histories, ${sweep.steps} steps`); // 20 histories, 3000 steps
 * ```
 */
export async function simulateMany(options: SimulateManyOptions): Promise<Sweep> {
  const {
    seed: first = 1,
    runs = 100,
    timeLimitMs = Infinity,
    failuresMax = 1,
    signal,
    onProgress,
  } = options;
  const startedAt = performance.now();
  const passedMs = () => performance.now() - startedAt;
  const failures: Verdict[] = [];
  const totals = { steps: 0, writes: 0, calls: 0 };
  const faults = new Map((Object.keys(faultKinds) as FaultKind[]).map((kind) => [kind, 0]));
  const ended = (run: number): Sweep['ended'] | undefined => {
    if (signal?.aborted === true) return 'aborted';
    if (failures.length >= failuresMax) return 'failures';
    if (run >= runs) return 'done';
    return passedMs() >= timeLimitMs ? 'time' : undefined;
  };
  for (let run = 0; ; run++) {
    const end = ended(run);
    if (end !== undefined) return { ended: end, runs: run, failures, ...totals, faults, ms: passedMs() };
    const seed = first + run;
    const verdict = await simulate({ ...options, seed, trace: false, shrink: failures.length < shrunkMax });
    if (verdict.broken !== undefined) failures.push(verdict);
    totals.steps += verdict.steps;
    totals.writes += verdict.writes;
    totals.calls += verdict.calls;
    for (const [kind, strikes] of faults) faults.set(kind, strikes + (verdict.faults[kind] ?? 0));
    onProgress?.({ seed, runs: run + 1, failures: failures.length, steps: totals.steps, ms: passedMs() });
  }
}
