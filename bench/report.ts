import type { Finding, Judged } from './findings.js';

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

function verdict(bound: Judged | undefined, unit: Finding['unit']): string {
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
