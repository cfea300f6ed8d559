import type { BenchCase, Bound, Line, Side } from './case.js';
import type { Samples } from './runner.js';
import { spreadOf, type Spread } from './statistics.js';

/** A bound, and whether the medians keep it. */
export type Judged = Bound & { readonly met: boolean };

/** One line of the result with its figures. */
export interface Finding {
  readonly id: string;
  readonly what: string;
  readonly unit: 'ms' | 'bytes';
  readonly subject: Spread;
  readonly limit?: Spread;
  /** Of the two in the same round. */
  readonly ratio?: Spread;
  readonly aim?: Judged;
  readonly target?: Judged;
}

export function findingsOf({ lines }: BenchCase, samples: Samples): Finding[] {
  return lines.map((line) => findingOf(line, samples));
}

function findingOf(line: Line, samples: Samples): Finding {
  const { id, what, unit = 'ms' } = line;
  const subjects = valuesOf(samples, line.subject);
  const limits = line.limit && valuesOf(samples, line.limit);
  const subject = spreadOf(subjects);
  const ratio = limits && spreadOf(subjects.map((value, round) => value / (limits[round] ?? NaN)));
  return {
    id,
    what,
    unit,
    subject,
    ...(limits && { limit: spreadOf(limits) }),
    ...(ratio && { ratio }),
    ...(line.aim && { aim: judged(line.aim, subject, ratio) }),
    ...(line.target && { target: judged(line.target, subject, ratio) }),
  };
}

function valuesOf(samples: Samples, { contender, of, measure = 'ms' }: Side): number[] {
  return (samples[contender] ?? []).map((measures) => measures[measure]?.[of] ?? NaN);
}

/** A bound of several parts is kept when all of them are. */
export function judged(bound: Bound, subject: Spread, ratio?: Spread): Judged {
  const met =
    (bound.ratio === undefined || (ratio !== undefined && ratio.median <= bound.ratio)) &&
    (bound.value === undefined || subject.median <= bound.value);
  return { ...bound, met };
}
