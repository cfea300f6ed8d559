import type { Json, JsonObject } from '../contracts/json.js';
import type { FieldChange } from '../contracts/operation.js';
import { SyncError } from '../errors.js';
import { canonicalJson, equalJson } from './canonical.js';
import { applyMergePatch } from './merge-patch.js';
import { escapeSegment, lookup, setAt, unsetAt } from './pointer.js';
import { isJsonArray, isJsonObject, ownValue } from './shape.js';

/**
 * The leaf changes that lead from one state to another, in the order of their paths.
 *
 * Nested objects are entered; an array is one value, and so is what lies at or below a path for which `isAtomic`
 * answers true. An object that comes or goes as a whole is one change. `base` is the value before, where there was one.
 *
 * From `{ a: 1, b: { c: 2 } }` to `{ a: 1, b: { c: 3, d: 4 } }` lead a `set` of `/b/c` with base 2 and one of `/b/d`
 * without a base.
 */
export function diffData(
  before: JsonObject,
  after: JsonObject,
  isAtomic: (path: string) => boolean = () => false,
): FieldChange[] {
  const changes: FieldChange[] = [];
  collectValue(before, after, '', isAtomic, changes);
  return changes.length < 2 ? changes : changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * `before` with the changes written one after the other.
 *
 * `increment` counts a missing value as 0, `add` and `remove` count one as an empty array, whose members are unlike
 * one another; `merge` follows RFC 7396. Fails with code `validation` where the present value, or that of the change,
 * is not of the kind that the action needs.
 *
 * `{ count: 1 }` with an `increment` of `/count` by 2 is `{ count: 3 }`.
 */
export function applyChanges(before: JsonObject, changes: readonly FieldChange[]): JsonObject {
  const fresh = changes.length > 1 ? new Set<JsonObject>() : undefined;
  let data = before;
  for (const change of changes) {
    data =
      change.action === 'unset'
        ? unsetAt(data, change.path, fresh)
        : setAt(data, change.path, resultOf(data, change), fresh);
  }
  return data;
}

function collectValue(
  before: Json,
  after: Json,
  path: string,
  isAtomic: (path: string) => boolean,
  changes: FieldChange[],
): void {
  if (isJsonObject(before) && isJsonObject(after) && !isAtomic(path)) {
    collectMembers(before, after, path, isAtomic, changes);
  } else if (!equalJson(before, after)) {
    changes.push({ path, action: 'set', value: after, base: before });
  }
}

function collectMembers(
  before: JsonObject,
  after: JsonObject,
  path: string,
  isAtomic: (path: string) => boolean,
  changes: FieldChange[],
): void {
  for (const key of Object.keys(before)) {
    const old = before[key];
    const value = ownValue(after, key);
    if (old === value || old === undefined) continue;
    const place = `${path}/${escapeSegment(key)}`;
    if (value === undefined) changes.push({ path: place, action: 'unset', base: old });
    else collectValue(old, value, place, isAtomic, changes);
  }
  for (const key of Object.keys(after)) {
    const value = after[key];
    if (value === undefined || ownValue(before, key) !== undefined) continue;
    changes.push({ path: `${path}/${escapeSegment(key)}`, action: 'set', value });
  }
}

/** What a change, other than `unset`, leaves at its path. */
function resultOf(data: JsonObject, change: FieldChange): Json {
  const { action, value, path } = change;
  if (value === undefined) throw refusal(change, 'it has no value');
  if (action === 'set') return value;
  const { value: present, blocked } = lookup(data, path);
  if (action === 'merge') return applyMergePatch(blocked ? undefined : present, value);
  // What stands in the way of the path is not the value at its end, though it may be of the right kind.
  if (blocked) throw refusal(change, 'an ancestor of its place is no object');
  if (action === 'increment') {
    const sum = numberOf(change, present === undefined ? 0 : present) + numberOf(change, value);
    if (!Number.isFinite(sum)) throw refusal(change, 'the sum is no finite number');
    return sum;
  }
  const members = membersOf(change, present === undefined ? [] : present);
  return action === 'add'
    ? withMembers(members, membersOf(change, value))
    : withoutMembers(members, membersOf(change, value));
}

function withMembers(present: readonly Json[], added: readonly Json[]): Json {
  const known = new Set(present.map(canonicalJson));
  const members = [...present];
  for (const member of added) {
    const text = canonicalJson(member);
    if (!known.has(text)) members.push(member);
    known.add(text);
  }
  return members;
}

function withoutMembers(present: readonly Json[], removed: readonly Json[]): Json {
  const gone = new Set(removed.map(canonicalJson));
  return present.filter((member) => !gone.has(canonicalJson(member)));
}

function numberOf(change: FieldChange, value: Json): number {
  if (typeof value !== 'number') throw refusal(change, 'it needs numbers');
  return value;
}

function membersOf(change: FieldChange, value: Json): readonly Json[] {
  if (!isJsonArray(value)) throw refusal(change, 'it needs arrays');
  return value;
}

function refusal({ action, path }: FieldChange, reason: string): SyncError {
  return new SyncError('validation', `the change "${action}" at "${path}" cannot apply: ${reason}`, {
    details: { path, action },
  });
}
