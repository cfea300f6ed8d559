import type { Json, JsonObject } from '../contracts/json.js';
import type { FieldContext, FieldRule, FieldVerdict } from '../contracts/resolver.js';
import { equalJson } from '../diff/canonical.js';
import { applyChanges, diffData } from '../diff/diff.js';
import { overlapsAny } from '../diff/path-set.js';
import { isJsonArray, isJsonObject, ownValue } from '../diff/shape.js';
import { mergeOrder } from './list-order.js';
import { leave, take } from './verdict.js';

export interface ListOptions {
  /** Property of each item that says which item it is: a string or a number, unique in the list. */
  readonly key: string;
}

/** Items by identity, in the order of the list. Keys keep their type: 1 is not '1'. */
type Items = ReadonlyMap<Json, JsonObject>;

/**
 * Arrays of objects with an identity, merged item by item and field by field.
 *
 * Items that either side added are in. An item that one side removed is out, unless the other one edited it. Within an
 * item that both edited, different fields are merged, and the same field goes to the side with the later stamp. The
 * order is the remote one; what the local side inserted or moved stands behind its local predecessor. An absent value
 * counts as an empty list; anything but objects with unique keys conflicts.
 *
 * @example
 * ```ts
 * import { list, merge } from 'syncline';
 *
 * const strategy = merge({ fields: { '/steps': list({ key: 'id' }) } });
 * ```
 */
export function list({ key }: ListOptions): FieldRule {
  return {
    name: 'list',
    laws: { commutative: false, associative: false, idempotent: true },
    needsBase: true,
    decide: (field) => decideList(field, key),
  };
}

function decideList(field: FieldContext, key: string): FieldVerdict {
  if (equalJson(field.local, field.remote)) return take(field, field.remote, 'Both sides are equal.');
  const base = itemsOf(field.base, key);
  const local = itemsOf(field.local, key);
  const remote = itemsOf(field.remote, key);
  if (base === undefined || local === undefined || remote === undefined) {
    return leave(`Only lists of objects with a unique "${key}" can be merged item by item.`);
  }
  const isLocalLater = field.localStamp > field.remoteStamp;
  const order = mergeOrder([...base.keys()], [...local.keys()], [...remote.keys()]);
  const merged = order.flatMap(
    (id) => mergeItem(base.get(id), local.get(id), remote.get(id), isLocalLater) ?? [],
  );
  return take(
    field,
    merged,
    'The lists were merged item by item; where both sides changed one field, the later won.',
  );
}

function itemsOf(value: Json | undefined, key: string): Items | undefined {
  if (value === undefined) return new Map();
  if (!isJsonArray(value)) return undefined;
  const items = new Map<Json, JsonObject>();
  for (const item of value) {
    const id = isJsonObject(item) ? ownValue(item, key) : undefined;
    if (!isJsonObject(item) || (typeof id !== 'string' && typeof id !== 'number') || items.has(id))
      return undefined;
    items.set(id, item);
  }
  return items;
}

/** The item as it is to be, or `undefined` when it is to go. */
function mergeItem(
  base: JsonObject | undefined,
  local: JsonObject | undefined,
  remote: JsonObject | undefined,
  isLocalLater: boolean,
): JsonObject | undefined {
  if (local === undefined || remote === undefined) {
    const left = local ?? remote;
    return equalJson(left, base) ? undefined : left;
  }
  const [earlier, later] = isLocalLater ? [remote, local] : [local, remote];
  const isOverruled = overlapsAny(diffData(base ?? {}, later).map(({ path }) => path));
  return applyChanges(
    later,
    diffData(base ?? {}, earlier).filter(({ path }) => !isOverruled(path)),
  );
}
