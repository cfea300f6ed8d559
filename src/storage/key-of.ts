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
  const tokens = pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (whole) => {
    let value = whole;
    for (const token of tokens) value = member(value, token);
    return value;
  };
}

function member(value: Json | undefined, token: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
  if (Array.isArray(value) && !arrayIndex.test(token)) return undefined;
  return (value as Readonly<Record<string, Json>>)[token];
}
