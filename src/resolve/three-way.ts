import { editScript, type Edit } from '../diff/edit-script.js';

/** What came of merging two edited versions of one sequence. */
export interface ThreeWay {
  readonly tokens: readonly string[];
  /** Places that both sides edited, each in its own way; both versions are kept there. */
  readonly overlaps: number;
}

/**
 * Merges two versions of a sequence, edit by edit.
 *
 * Edits that do not touch the same tokens are all applied. Where they overlap, or insert at one place, the remote
 * version is followed by the local one, less what they have in common at both ends; `glue` is asked for a token to
 * put between the two. `undefined` when a side made more than `editsMax` edits.
 *
 * Source: Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", FSTTCS 2007; unlike diff3, edits that merely
 * touch do not overlap.
 */
export function mergeSequences(
  base: readonly string[],
  local: readonly string[],
  remote: readonly string[],
  { editsMax, glue }: { editsMax: number; glue: (before: string, after: string) => string | undefined },
): ThreeWay | undefined {
  const localEdits = editScript(base, local, editsMax);
  const remoteEdits = editScript(base, remote, editsMax);
  if (localEdits === undefined || remoteEdits === undefined) return undefined;

  const tokens: string[] = [];
  let overlaps = 0;
  let at = 0;
  for (const { start, end, ...edits } of groups(localEdits, remoteEdits)) {
    append(tokens, base, at, start);
    at = end;
    const localVersion = versionOf(base, start, end, edits.local);
    const remoteVersion = versionOf(base, start, end, edits.remote);
    if (edits.local.length === 0) append(tokens, remoteVersion);
    else if (edits.remote.length === 0) append(tokens, localVersion);
    else if (keepBoth(tokens, localVersion, remoteVersion, glue)) overlaps++;
  }
  append(tokens, base, at);
  return { tokens, overlaps };
}

interface Group {
  readonly start: number;
  readonly end: number;
  readonly local: readonly Edit[];
  readonly remote: readonly Edit[];
}

/** Edits of both sides in order; those that overlap, directly or through others, are together. */
function groups(local: readonly Edit[], remote: readonly Edit[]): Group[] {
  const result: Group[] = [];
  let l = 0;
  let r = 0;
  while (l < local.length || r < remote.length) {
    const fromL = l;
    const fromR = r;
    const first = isFirst(local[l], remote[r]) ? local[l++] : remote[r++];
    if (first === undefined) break;
    const span = { start: first.start, end: first.end };
    for (;;) {
      if (touches(span, local[l])) span.end = Math.max(span.end, local[l++]?.end ?? 0);
      else if (touches(span, remote[r])) span.end = Math.max(span.end, remote[r++]?.end ?? 0);
      else break;
    }
    result.push({ ...span, local: local.slice(fromL, l), remote: remote.slice(fromR, r) });
  }
  return result;
}

function isFirst(a: Edit | undefined, b: Edit | undefined): boolean {
  if (a === undefined || b === undefined) return b === undefined;
  return a.start < b.start || (a.start === b.start && a.end <= b.end);
}

/** Whether an edit, which starts at or after the span, takes part of it or inserts at the same place. */
function touches(span: { start: number; end: number }, edit: Edit | undefined): boolean {
  if (edit === undefined) return false;
  return (
    edit.start < span.end || (span.start === span.end && edit.start === edit.end && edit.start === span.start)
  );
}

function versionOf(base: readonly string[], start: number, end: number, edits: readonly Edit[]): string[] {
  const version: string[] = [];
  let at = start;
  for (const edit of edits) {
    append(version, base, at, edit.start);
    append(version, edit.insert);
    at = edit.end;
  }
  append(version, base, at, end);
  return version;
}

/** Appends both versions, what they share at their ends once. True when each has something of its own. */
function keepBoth(
  tokens: string[],
  local: readonly string[],
  remote: readonly string[],
  glue: (before: string, after: string) => string | undefined,
): boolean {
  const shorter = Math.min(local.length, remote.length);
  let head = 0;
  while (head < shorter && local[head] === remote[head]) head++;
  let tail = 0;
  while (tail < shorter - head && local[local.length - 1 - tail] === remote[remote.length - 1 - tail]) tail++;

  const ownRemote = remote.slice(head, remote.length - tail);
  const ownLocal = local.slice(head, local.length - tail);
  const between = glue(ownRemote.at(-1) ?? '', ownLocal[0] ?? '');
  append(tokens, remote, 0, remote.length - tail);
  if (between !== undefined) tokens.push(between);
  append(tokens, local, head);
  return ownLocal.length + ownRemote.length > 0;
}

/** Not `push(...source)`: engines limit the number of arguments. */
function append(target: string[], source: readonly string[], start = 0, end = source.length): void {
  for (let i = start; i < end; i++) target.push(source[i] ?? '');
}
