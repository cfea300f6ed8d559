import type { Json } from '../contracts/json.js';
import { SyncError } from '../errors.js';
import type { KeyOf } from './sorted-index.js';

const arrayIndex = /^(?:0|[1-9]\d*)$/;

/** Reader of an index's key: the number or string at a JSON Pointer (RFC 6901) into the row's value. */
export function keyAt(pointer: string): KeyOf {
  if (pointer !== '' && !pointer.startsWith('/')) {
    throw new SyncError('validation', `'${pointer}' is not a JSON Pointer`);
  }
  const tokens = pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (row) => {
    let value: Json | undefined = row.value;
    for (const token of tokens) value = member(value, token);
    return typeof value === 'number' || typeof value === 'string' ? value : undefined;
  };
}

function member(value: Json | undefined, token: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
  if (Array.isArray(value) && !arrayIndex.test(token)) return undefined;
  return (value as Readonly<Record<string, Json>>)[token];
}
