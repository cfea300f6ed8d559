import type { Json } from '../contracts/json.js';
import type { StoredRow } from '../contracts/storage.js';
import { SyncError } from '../errors.js';

const arrayIndex = /^(?:0|[1-9]\d*)$/;

/**
 * Reader of an index's key, as `StorageLayout` declares it: the number or string at a JSON Pointer (RFC 6901) into the
 * row's value, and nothing that the value only inherits. Throws `SyncError` `validation` for what is no pointer.
 *
 * @example
 * ```ts
 * import { keyAt } from 'syncline';
 *
 * console.log(keyAt('/due/at')({ value: { due: { at: 5 } } })); // 5
 * ```
 */
export function keyAt(pointer: string): (row: Pick<StoredRow, 'value'>) => number | string | undefined {
  const read = valueAt(pointer);
  return (row) => {
    const value = read(row.value);
    return typeof value === 'number' || typeof value === 'string' ? value : undefined;
  };
}

/** Reader of whatever is at a JSON Pointer. */
export function valueAt(pointer: string): (value: Json | undefined) => Json | undefined {
  if (pointer !== '' && !pointer.startsWith('/')) {
    throw new SyncError('validation', `'${pointer}' is not a JSON Pointer`);
  }
  const steps = pointer
    .split('/')
    .slice(1)
    .map((token) => stepTo(token.replaceAll('~1', '/').replaceAll('~0', '~')));
  return (whole) => {
    let value = whole;
    for (const step of steps) value = step(value);
    return value;
  };
}

/** Rows have thousands of values, and a pointer is read for each: what it says is found out once. */
function stepTo(token: string): (value: Json | undefined) => Json | undefined {
  const index = arrayIndex.test(token) ? Number(token) : -1;
  return (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) return (value as readonly Json[])[index];
    return Object.hasOwn(value, token) ? (value as Readonly<Record<string, Json>>)[token] : undefined;
  };
}
