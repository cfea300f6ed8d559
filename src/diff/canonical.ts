import type { Json } from '../contracts/json.js';
import { murmur128 } from './murmur.js';
import { isJsonArray, ownValue } from './shape.js';

/**
 * One text for all equal values: no white space, keys sorted by UTF-16 code unit, `-0` as `0`.
 *
 * As RFC 8785 (JSON Canonicalization Scheme), except that a lone surrogate is written as an escape, not refused.
 *
 * `{ b: [1, 'x'], a: null }` is written `{"a":null,"b":[1,"x"]}`.
 */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isJsonArray(value)) {
    let items = '';
    for (const item of value) items += (items === '' ? '' : ',') + canonicalJson(item);
    return `[${items}]`;
  }
  let members = '';
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** Whether two values are the same JSON, whatever the order of keys. `undefined` equals itself only. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isJsonArray(a)) {
    if (!isJsonArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equalJson(a[i], b[i])) return false;
    return true;
  }
  if (isJsonArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!Object.hasOwn(b, key) || !equalJson(a[key], ownValue(b, key))) return false;
  return true;
}

/**
 * 128 bits of the canonical form, as 32 hex digits: equal values have equal hashes on every platform.
 *
 * Finds out changes, not forgeries: it is not cryptographic, and must never guard anything against an attacker.
 *
 * Source: MurmurHash3_x86_128 by Austin Appleby (public domain), over UTF-16LE.
 */
export function contentHash(value: Json): string {
  return murmur128(canonicalJson(value));
}
