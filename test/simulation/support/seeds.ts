import { faultKinds, type FaultKind } from '../../../adapters/testing/simulator/faults.js';
import { describeFailure, shrink } from '../../../adapters/testing/simulator/shrink.js';
import { simulate, type Verdict } from '../../../adapters/testing/simulator/simulate.js';

/** What many runs came to. */
export interface Sweep {
  readonly runs: number;
  readonly steps: number;
  readonly writes: number;
  readonly calls: number;
  readonly ms: number;
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly failures: readonly { readonly seed: number; readonly promise: string; readonly text: string }[];
}

/** Failures that are shrunk and told in full; a broken build breaks them all. */
const toldMax = 3;

/** Runs the seeds `from` to `from + count - 1`, all of them, whatever fails. */
export async function sweep(from: number, count: number): Promise<Sweep> {
  const startedAt = performance.now();
  const verdicts: Verdict[] = [];
  const failures: Sweep['failures'][number][] = [];
  for (let seed = from; seed < from + count; seed++) {
    const verdict = await simulate({ seed });
    verdicts.push(verdict);
    if (verdict.broken === undefined) continue;
    const { promise, message } = verdict.broken;
    const text =
      failures.length < toldMax
        ? describeFailure({ seed }, await shrink({ seed }, verdict))
        : `seed ${seed} breaks ${promise}: ${message}`;
    failures.push({ seed, promise, text });
  }
  const sum = (of: (verdict: Verdict) => number) =>
    verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const kinds = Object.keys(faultKinds) as FaultKind[];
  return {
    runs: verdicts.length,
    steps: sum(({ steps }) => steps),
    writes: sum(({ writes }) => writes),
    calls: sum(({ calls }) => calls),
    ms: performance.now() - startedAt,
    faults: new Map(kinds.map((kind) => [kind, sum(({ faults }) => faults[kind] ?? 0)])),
    failures,
  };
}

/** Figures of a sweep, for the reader of the run. */
export function figures(from: number, { runs, steps, writes, calls, ms, faults }: Sweep): string {
  const struck = [...faults].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return [
    `seeds ${from} to ${from + runs - 1}: ${steps} steps, ${writes} writes, ${calls} calls in ${(ms / 1000).toFixed(1)} s`,
    `(${Math.round((1000 * steps) / ms)} steps/s); faults that struck: ${struck}`,
  ].join(' ');
}
