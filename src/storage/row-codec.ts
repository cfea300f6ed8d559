import type { Json } from '../contracts/json.js';
import type { RowTemplate, StoredRow } from '../contracts/storage.js';
import { seal, unseal } from './seal.js';
import { compileTemplate } from './template.js';

/** What one commit does to one table. `puts` is flat: id, value, id, value … */
export type TableChange = readonly [table: string, puts: readonly Json[], deletes: readonly string[]];

/**
 * The same as it is stored: rows that follow from values are given by those, or by the table whose rows follow from the
 * same ones.
 */
export type StoredChange = readonly [...TableChange, by?: RowTemplate, from?: string | readonly Json[]];

/** One log entry: commits that became durable together. They are numbered from `first` on. */
export interface Entry {
  readonly first: number;
  readonly commits: readonly (readonly TableChange[])[];
}

/** One piece of a snapshot: rows of a table, flat as id, revision, value …; or the manifest, which comes last. */
export type Chunk =
  | { readonly table: string; readonly cells: readonly Json[] }
  | { readonly revision: number; readonly rows: number };

/** Rows per chunk at most, and characters at which a chunk is full: one chunk is one slice of main-thread work. */
const chunkRows = 1_000;
const chunkChars = 256 * 1024;

/** Characters that one call of `JSON.stringify` aims at, and rows it takes at most: large rows come unannounced. */
const batchChars = 64 * 1024;
const batchRows = 32;

/** `commits` are texts already, so that a second attempt, or a fold of several, costs no second `stringify`. */
export function encodeEntry(first: number, commits: readonly string[]): string {
  return seal(['[', first, ',', commits.join(','), ']'].join(''));
}

/** Throws `version` for an entry of a newer release. */
export function decodeEntry(payload: string): Entry | 'torn' | 'damaged' {
  const opened = unseal(payload);
  if (opened.state !== 'intact') return opened.state;
  // The checksum vouches for the shape: only `encodeEntry` writes such a text.
  const [first, ...commits] = JSON.parse(opened.text) as [number, ...StoredChange[][]];
  return { first, commits: commits.map(whole) };
}

/** A commit with the rows that are not in its text. */
function whole(changes: readonly StoredChange[]): TableChange[] {
  return changes.map(([table, puts, deletes, by, from = []]) => {
    if (by === undefined) return [table, puts, deletes];
    const sources = typeof from === 'string' ? changes.find(([other]) => other === from)?.[4] : from;
    const row = compileTemplate([by.id, by.value]);
    return [
      table,
      puts.concat((sources as readonly Json[]).flatMap((source) => row(source) as Json[])),
      deletes,
    ];
  });
}

/** The rows from `from` on as one chunk, and where the next chunk starts. */
export function encodeChunk(
  table: string,
  rows: readonly StoredRow[],
  from: number,
): { chunk: string; next: number } {
  const end = Math.min(rows.length, from + chunkRows);
  const parts: string[] = [];
  let next = from;
  let chars = 0;
  let size = 1;
  while (next < end && chars < chunkChars) {
    const cells: Json[] = [];
    const batch = rows.slice(next, Math.min(end, next + size));
    for (const { id, revision, value } of batch) cells.push(id, revision, value);
    const part = JSON.stringify(cells).slice(1, -1);
    parts.push(part);
    next += batch.length;
    chars += part.length;
    size = Math.min(batchRows, Math.max(1, Math.floor((batchChars * batch.length) / part.length)));
  }
  return { chunk: seal(`[${JSON.stringify(table)},[${parts.join(',')}]]`), next };
}

/** The last chunk of a snapshot: number of its newest commit, and how many rows the other chunks hold. */
export function encodeManifest(revision: number, rows: number): string {
  return seal(JSON.stringify([revision, rows]));
}

/** Throws `version` for a chunk of a newer release. */
export function decodeChunk(sealed: string): Chunk | undefined {
  const opened = unseal(sealed);
  if (opened.state !== 'intact') return undefined;
  const [head, body] = JSON.parse(opened.text) as [string, Json[]] | [number, number];
  return typeof head === 'string'
    ? { table: head, cells: body as Json[] }
    : { revision: head, rows: body as number };
}
