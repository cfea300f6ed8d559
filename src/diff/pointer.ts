import type { Json, JsonObject } from '../contracts/json.js';
import { SyncError } from '../errors.js';
import { isJsonObject, isUnsafeKey, ownValue } from './shape.js';

/** Segments a pointer may have; twice the depth that data may have. */
const segmentsMax = 64;

/**
 * The segments of a JSON Pointer (RFC 6901), unescaped; none for `''`, the whole document.
 *
 * Fails with code `validation` on anything that is no pointer, on more than 64 segments, and on a segment
 * `__proto__`, `constructor` or `prototype`.
 *
 * `/a~1b/0` has the segments `a/b` and `0`.
 */
export function parsePointer(path: string): string[] {
  if (path === '') return [];
  if (path.charCodeAt(0) !== 47) throw notAPointer(path, 'it does not start with "/"');
  const segments = path.slice(1).split('/');
  if (segments.length > segmentsMax) throw notAPointer(path, `it has more than ${segmentsMax} segments`);
  for (let i = 0; i < segments.length; i++) {
    const segment = unescapeSegment(segments[i]!, path);
    if (isUnsafeKey(segment)) throw notAPointer(path, `the segment "${segment}" is refused`);
    segments[i] = segment;
  }
  return segments;
}

/** The JSON Pointer with these segments. */
export function formatPointer(segments: readonly string[]): string {
  let path = '';
  for (const segment of segments) path += '/' + escapeSegment(segment);
  return path;
}

/** A key as it stands in a JSON Pointer: `~` as `~0`, `/` as `~1`. */
export function escapeSegment(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

/**
 * The value at a path of a record, through objects only: an array is one value.
 *
 * `blocked` says that an ancestor of the path is there and is not an object; `value` is that ancestor then.
 */
export function lookup(data: Json | undefined, path: string): { value: Json | undefined; blocked: boolean } {
  let value = data;
  for (const segment of parsePointer(path)) {
    if (value === undefined) break;
    if (!isJsonObject(value)) return { value, blocked: true };
    value = ownValue(value, segment);
  }
  return { value, blocked: false };
}

/**
 * A copy of `data` with `value` at the path; what lies beside the path is shared.
 *
 * Missing parents are created, and an ancestor that is not an object gives way to one. At `''` the value takes the
 * place of the whole, and must be an object (else code `validation`). Objects in `fresh` were made by earlier calls
 * for the same result: they are changed in place, so that many changes copy each object once.
 */
export function setAt(data: JsonObject, path: string, value: Json, fresh?: Set<JsonObject>): JsonObject {
  const segments = parsePointer(path);
  const key = segments.pop();
  if (key === undefined) {
    if (isJsonObject(value)) return value;
    throw new SyncError('validation', 'a record must be an object', { details: { path } });
  }
  const root = writable(data, fresh);
  let parent = root;
  for (const segment of segments) {
    const child = ownValue(parent, segment);
    const copy = writable(isJsonObject(child) ? child : {}, fresh);
    parent[segment] = copy;
    parent = copy;
  }
  parent[key] = value;
  return root;
}

/**
 * A copy of `data` without the value at the path, or `data` itself when there is none. Emptied parents stay; at `''`
 * nothing but an empty object does. `fresh` is that of `setAt`.
 */
export function unsetAt(data: JsonObject, path: string, fresh?: Set<JsonObject>): JsonObject {
  const key = parsePointer(path).at(-1);
  if (key === undefined) return {};
  const parentPath = path.slice(0, path.lastIndexOf('/'));
  const parent = lookup(data, parentPath).value;
  if (!isJsonObject(parent) || !Object.hasOwn(parent, key)) return data;
  const copy = writable(parent, fresh);
  delete copy[key];
  return setAt(data, parentPath, copy, fresh);
}

/** Whether a change at one path touches the other: they are equal, or one lies below the other. */
export function overlaps(a: string, b: string): boolean {
  return a.length <= b.length ? isPrefix(a, b) : isPrefix(b, a);
}

/** Whether `b` is `a` or lies below it. Whole segments count: `/note` is no prefix of `/notebook`. */
export function isPrefix(a: string, b: string): boolean {
  return b.startsWith(a) && (b.length === a.length || b.charCodeAt(a.length) === 47);
}

function writable(object: JsonObject, fresh: Set<JsonObject> | undefined): Record<string, Json> {
  if (fresh?.has(object)) return object;
  const copy: Record<string, Json> = { ...object };
  fresh?.add(copy);
  return copy;
}

function unescapeSegment(segment: string, path: string): string {
  if (!segment.includes('~')) return segment;
  if (/~(?![01])/.test(segment)) throw notAPointer(path, '"~" stands before something else than "0" or "1"');
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

function notAPointer(path: string, reason: string): SyncError {
  const shown = path.length > 100 ? `${path.slice(0, 100)}…` : path;
  return new SyncError('validation', `"${shown}" is no path into a record: ${reason}`, {
    hint: 'Paths are JSON Pointers (RFC 6901), such as "/address/city".',
    details: { path: shown },
  });
}
