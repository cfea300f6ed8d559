import type { Json } from '../contracts/json.js';
import { SyncError } from '../errors.js';
import { isJsonObject, isUnsafeKey, ownValue } from './shape.js';

/**
 * The target with a JSON merge patch applied (RFC 7396): members are merged, `null` removes, all else replaces.
 *
 * Refuses the keys `__proto__`, `constructor` and `prototype` with code `validation`.
 *
 * `{ a: 'b', c: { d: 'e', f: 'g' } }` patched with `{ a: 'z', c: { f: null } }` is `{ a: 'z', c: { d: 'e' } }`.
 */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, Json> = isJsonObject(target) ? { ...target } : {};
  for (const [key, change] of Object.entries(patch)) {
    if (isUnsafeKey(key)) throw new SyncError('validation', `a merge patch must not have the key "${key}"`);
    if (change === null) delete merged[key];
    else merged[key] = applyMergePatch(ownValue(merged, key), change);
  }
  return merged;
}
