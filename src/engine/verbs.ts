import type { EntityDefinition } from '../contracts/entity.js';
import type { Json, JsonObject } from '../contracts/json.js';
import type { FieldChange } from '../contracts/operation.js';
import { toJson } from '../diff/json.js';
import { SyncError } from '../errors.js';
import { isKeyText } from '../protocol/interior.js';
import type { FieldOf } from '../resolve/define-entity.js';
import type { Context } from './context.js';
import type { Intent, WriteOptions } from './operations.js';
import { toPath } from './query.js';

/** Data whose id may be left to be minted. */
export type Creatable<T extends object> = T extends { readonly id: string }
  ? Omit<T, 'id'> & { readonly id?: string }
  : T;

/** New values for some fields, or a function that changes a copy of the data (or returns new data). */
export type Patch<T> = { readonly [K in keyof T]?: T[K] | undefined } | ((draft: T) => T | void);

const idLengthMax = 256;

/**
 * The verbs by which records of an entity are written. Each makes an intent, after checking what can be checked without
 * the record, and answers what `take` makes of it: a collection writes it at once, a transaction keeps it.
 */
export function verbsOf<T extends object, R>(
  { runtime }: Context,
  definition: EntityDefinition,
  take: (make: () => Intent) => R,
) {
  const { idField, local, name } = definition;
  const given = (options: WriteOptions | undefined) => options && (ownCopy(options) as WriteOptions);
  const whole = (kind: 'create' | 'upsert') => (data: Creatable<T>, options?: WriteOptions) =>
    take(() => {
      const object = data as unknown as JsonObject;
      const id = object[idField] ?? runtime.uuid();
      if (typeof id !== 'string' || id.length === 0 || id.length > idLengthMax || !isKeyText(id)) {
        throw new SyncError(
          'validation',
          `${name}: '${idField}' must be a text of 1 to ${idLengthMax} characters, without NUL and half surrogate pairs`,
        );
      }
      const copy = ownCopy({ ...object, [idField]: id }) as JsonObject;
      return { kind, definition, id, data: copy, options: given(options) };
    });
  const change = (
    id: string,
    action: FieldChange['action'],
    field: string,
    value: unknown,
    options?: WriteOptions,
  ) =>
    take(() => ({
      kind: 'change',
      definition,
      id,
      change: { path: toPath(field), action, value: ownCopy(value) },
      options: given(options),
    }));
  return {
    create: whole('create'),
    upsert: whole('upsert'),
    update: (id: string, patch: Patch<T>, options?: WriteOptions) =>
      take(() => {
        // Here, because a field that is to be removed is not in the data any more.
        local?.refuse(name, patch);
        const next = typeof patch === 'function' ? changedBy(patch) : patchedWith(patch);
        return { kind: 'update', definition, id, next, options: given(options) };
      }),
    delete: (id: string, options?: WriteOptions) =>
      take(() => ({ kind: 'delete', definition, id, options: given(options) })),
    increment: (id: string, field: FieldOf<T>, by = 1, options?: WriteOptions) =>
      change(id, 'increment', field, by, options),
    add: (id: string, field: FieldOf<T>, members: readonly Json[], options?: WriteOptions) =>
      change(id, 'add', field, members, options),
    remove: (id: string, field: FieldOf<T>, members: readonly Json[], options?: WriteOptions) =>
      change(id, 'remove', field, members, options),
  };
}

/** The caller may change what it gave as soon as the call returns, and the write comes later. */
function ownCopy(value: unknown, path = ''): Json {
  return toJson(value, { copies: true, path });
}

function patchedWith(patch: object): (data: JsonObject) => unknown {
  const fields = Object.entries(patch).map(
    ([key, value]) => [key, value === undefined ? value : ownCopy(value, toPath(key))] as const,
  );
  return (data) => ({ ...data, ...Object.fromEntries(fields) });
}

function changedBy<T extends object>(change: (draft: T) => T | void): (data: JsonObject) => unknown {
  return (data) => {
    const draft = structuredClone(data) as unknown as T;
    return change(draft) ?? draft;
  };
}
