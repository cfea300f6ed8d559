import type { BenchCase, Bound, Line, Side } from './plan.js';
import type { Samples } from './runner.js';
import { spreadOf, type Spread } from './statistics.js';

/** One line of the result with its figures. */
export interface Finding {
  readonly id: string;
  readonly what: string;
  readonly unit: 'ms' | 'bytes';
  readonly subject: Spread;
  readonly limit?: Spread;
  /** Of the two in the same round. */
  readonly ratio?: Spread;
  readonly aim?: Bound & { readonly met: boolean };
  readonly target?: Bound & { readonly met: boolean };
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
  const judged = (bound: Bound) => ({ ...bound, met: holds(bound, subject, ratio) });
  return {
    id,
    what,
    unit,
    subject,
    ...(limits && { limit: spreadOf(limits) }),
    ...(ratio && { ratio }),
    ...(line.aim && { aim: judged(line.aim) }),
    ...(line.target && { target: judged(line.target) }),
  };
}

function valuesOf(samples: Samples, { contender, of, measure = 'ms' }: Side): number[] {
  return (samples[contender] ?? []).map((measures) => measures[measure]?.[of] ?? NaN);
}

function holds(bound: Bound, subject: Spread, ratio: Spread | undefined): boolean {
  return (
    (bound.ratio === undefined || (ratio !== undefined && ratio.median <= bound.ratio)) &&
    (bound.value === undefined || subject.median <= bound.value)
  );
}

const heads = [
  'case',
  'what',
  'Syncline',
  'raw',
  'ratio',
  'least to greatest',
  'first aim',
  'target',
] as const;

/** Findings as rows of text, for a table of any kind. */
export function cellsOf(findings: readonly Finding[]): string[][] {
  return [
    [...heads],
    ...findings.map(({ id, what, unit, subject, limit, ratio, aim, target }) => [
      id,
      what,
      amount(subject.median, unit),
      limit === undefined ? '' : amount(limit.median, unit),
      ratio === undefined ? '' : `${short(ratio.median)}x`,
      ratio === undefined ? '' : `${short(ratio.min)} to ${short(ratio.max)}`,
      verdict(aim, unit),
      verdict(target, unit),
    ]),
  ];
}

export function plainTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => `| ${row.join(' | ')} |`);
  return [head, `|${(rows[0] ?? []).map(() => ' --- ').join('|')}|`, ...body].join('\n');
}

function verdict(bound: (Bound & { readonly met: boolean }) | undefined, unit: Finding['unit']): string {
  if (bound === undefined) return '';
  const parts = [
    ...(bound.ratio === undefined ? [] : [`${short(bound.ratio)}x`]),
    ...(bound.value === undefined ? [] : [amount(bound.value, unit)]),
  ];
  return `≤ ${parts.join(', ')}: ${bound.met ? 'met' : 'missed'}`;
}

function amount(value: number, unit: Finding['unit']): string {
  return `${short(value)} ${unit === 'ms' ? 'ms' : 'B'}`;
}

/** Three digits that count. */
function short(value: number): string {
  return value >= 100
    ? value.toFixed(0)
    : value >= 10
      ? value.toFixed(1)
      : value >= 1
        ? value.toFixed(2)
        : value.toFixed(3);
}
