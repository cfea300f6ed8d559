import * as z from 'zod';
import { parseCsv } from './csv.js';
import { pieceSchema, type Piece } from './piece.js';

/** What is wrong with a file, line by line. Nothing of such a file is imported. */
export class BadRows extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** As many rows as one transaction carries. */
export const rowsMax = 5_000;

/** A row as a person writes it: all but composer and title may be left out. */
const rowSchema = z.strictObject({
  ...pieceSchema.shape,
  id: pieceSchema.shape.id.optional(),
  opus: pieceSchema.shape.opus.default(''),
  key: pieceSchema.shape.key.default(''),
  year: pieceSchema.shape.year.default(null),
  status: pieceSchema.shape.status.default('new'),
  minutes: pieceSchema.shape.minutes.default(0),
  tempo: pieceSchema.shape.tempo.default(null),
  tags: pieceSchema.shape.tags.default([]),
  notes: pieceSchema.shape.notes.default(''),
});

interface RawRow {
  readonly line: number;
  readonly value: unknown;
}

/**
 * The pieces of a JSON file (an array of objects) or a CSV file (a header line; tags separated by `|`).
 *
 * Throws `BadRows`, which names each bad row by its line, when anything at all is wrong.
 */
export function readPieces(text: string, format: 'json' | 'csv'): Piece[] {
  const raw = format === 'json' ? jsonRows(text) : csvRows(text);
  const problems: string[] = [];
  const lineById = new Map<string, number>();
  const pieces = raw.flatMap(({ line, value }) => {
    const parsed = rowSchema.safeParse(value);
    if (!parsed.success) {
      problems.push(...parsed.error.issues.map((issue) => `line ${line}: ${sentenceOf(issue)}`));
      return [];
    }
    const piece = { ...parsed.data, id: parsed.data.id ?? slugOf(parsed.data) };
    const earlier = lineById.get(piece.id);
    if (earlier !== undefined) problems.push(`line ${line}: the same piece as on line ${earlier}`);
    lineById.set(piece.id, line);
    return [piece];
  });
  if (raw.length > rowsMax) problems.unshift(`${raw.length} rows; at most ${rowsMax} are imported at once`);
  if (problems.length > 0) throw new BadRows(problems);
  return pieces;
}

/** An id that is the same whenever the same piece is imported. */
function slugOf({ composer, title, opus }: Pick<Piece, 'composer' | 'title' | 'opus'>): string {
  const words = `${composer} ${opus} ${title}`.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return words
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 200);
}

function sentenceOf({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

function csvRows(text: string): RawRow[] {
  const [header, ...rows] = attempt(() => parseCsv(text));
  const names = header?.cells.map((name) => name.trim().toLowerCase()) ?? [];
  const unknown = names.filter((name) => !Object.hasOwn(rowSchema.shape, name));
  const missing = ['composer', 'title'].filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new BadRows([`line 1: no such column: ${unknown.join(', ')}`]);
  if (missing.length > 0) throw new BadRows([`line 1: a column is missing: ${missing.join(', ')}`]);

  const uneven = rows.filter(({ cells }) => cells.length !== names.length);
  if (uneven.length > 0) {
    throw new BadRows(
      uneven.map(({ line, cells }) => `line ${line}: ${cells.length} cells, the header has ${names.length}`),
    );
  }
  return rows.map(({ line, cells }) => ({
    line,
    value: Object.fromEntries(
      names.flatMap((name, at) => {
        const cell = cells[at]?.trim() ?? '';
        return cell === '' ? [] : [[name, cellValue(name, cell)]];
      }),
    ),
  }));
}

function cellValue(name: string, cell: string): unknown {
  if (name === 'year' || name === 'minutes' || name === 'tempo') return Number(cell);
  if (name !== 'tags') return cell;
  return cell
    .split('|')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

function jsonRows(text: string): RawRow[] {
  const value = attempt(() => JSON.parse(text.replace(/^\uFEFF/, '')) as unknown);
  if (!Array.isArray(value)) throw new BadRows(['line 1: the file must be an array of pieces']);
  const lines = entryLines(text);
  return value.map((each: unknown, at) => ({ line: lines[at] ?? 1, value: each }));
}

/** The line on which each entry of a JSON array starts. */
function entryLines(text: string): number[] {
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let awaited = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|\n|[^\s]/g)) {
    if (token === '\n') {
      line++;
      continue;
    }
    if (awaited && token !== ']') lines.push(line);
    awaited = (depth === 0 && token === '[') || (depth === 1 && token === ',');
    if (token === '[' || token === '{') depth++;
    if (token === ']' || token === '}') depth--;
  }
  return lines;
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new BadRows([message.replaceAll(/\s+/g, ' ')]);
  }
}
