/** Keys that reach an object's prototype instead of its data. */
const unsafeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const pointer = /^(?:\/(?:[^~/]|~[01])*)*$/;

/**
 * Why a value is not plain JSON that may be taken in, or `undefined` where it is: something JSON cannot carry, a key
 * that reaches a prototype, or more than `depthMax` objects and arrays inside each other.
 *
 * By hand, because it visits every value of every record that crosses the wire.
 */
export function interiorProblem(value: unknown, depthMax: number): string | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'a number is not finite';
  if (typeof value !== 'object') return `a ${typeof value} is not JSON`;
  if (depthMax <= 0) return 'it is nested too deeply';
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = interiorProblem(item, depthMax - 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  if (!isPlain(value)) return 'an object is not a plain one';
  for (const key of Object.keys(value)) {
    if (unsafeKeys.has(key)) return `the key '${key}' is not allowed`;
    const problem = interiorProblem((value as Record<string, unknown>)[key], depthMax - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether a text is a JSON Pointer (RFC 6901) that stays clear of prototypes. */
export function isSafePointer(path: string): boolean {
  return pointer.test(path) && !path.split('/').some((segment) => unsafeKeys.has(segment));
}

/** Whether a name may be a key of an object that stands for a map. */
export function isSafeName(name: string): boolean {
  return !(name in Object.prototype);
}

/** Whether a text can be a key in any store: without NUL, at which some end a text, and without half a surrogate pair. */
export function isKeyText(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Size of a text in UTF-8, exact only where it could matter for `limit`. */
export function exceedsBytes(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && new TextEncoder().encode(text).length > limit;
}

/** Size of plain JSON as text in UTF-8, measured only where it may matter: one unit of text takes six bytes at most. */
export function exceedsBytesAsJson(value: unknown, limit: number): boolean {
  return 6 * roughLength(value) > limit && exceedsBytes(JSON.stringify(value), limit);
}

/** Characters of all texts, with a little for everything around them. */
function roughLength(value: unknown): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 24;
  let length = 2;
  for (const key of Object.keys(value))
    length += key.length + 4 + roughLength((value as Record<string, unknown>)[key]);
  return length;
}
