import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { EntityDefinition, LocalPolicy } from '../contracts/entity.js';
import type { Decision, FieldChange, FieldConflict, SyncRecord } from '../contracts/operation.js';
import type { JsonObject } from '../contracts/json.js';
import { isPrefix, parsePointer } from '../diff/pointer.js';
import { isJsonObject } from '../diff/shape.js';
import { SyncError } from '../errors.js';
import { validate } from './define-entity.js';

/**
 * Top-level fields, as names or JSON Pointers, that are never stored on the device. They are taken out of what the
 * server sends; a write to one is refused with `validation`. The schema must have them optional.
 *
 * @example
 * ```ts
 * import { defineEntity, exclude } from 'syncline';
 * import { z } from 'zod';
 *
 * const schema = z.object({ id: z.string(), name: z.string(), diagnosis: z.string().optional() });
 * const patient = defineEntity({ name: 'patient', schema, local: exclude('diagnosis') });
 * ```
 */
export function exclude(...fields: readonly string[]): LocalPolicy {
  const paths = fields.map((field) => (field.startsWith('/') ? field : `/${field}`));
  const keys = paths.map((path) => parsePointer(path)[0] ?? '');
  const isKept = (path: string) => !paths.some((excluded) => isPrefix(excluded, path));
  const withoutKeys = (data: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));

  /** On the path `''` a value is data, or an object of path and value. */
  const sidesKept = <S extends { readonly path: string }>(sides: readonly S[]): S[] =>
    sides
      .filter(({ path }) => isKept(path))
      .map((side) => (side.path === '' ? mapped(side, wholeKept) : side));
  const wholeKept = (whole: unknown): unknown =>
    isJsonObject(whole as JsonObject)
      ? Object.fromEntries(Object.entries(withoutKeys(whole as JsonObject)).filter(([path]) => isKept(path)))
      : whole;

  const parts: Readonly<Record<string, (part: never) => unknown>> = {
    record: (record: SyncRecord) => kept(record),
    data: withoutKeys,
    set: sidesKept<FieldChange>,
    fields: sidesKept<FieldConflict>,
    decisions: sidesKept<Decision>,
    unset: (unset: readonly string[]) => unset.filter(isKept),
  };
  const kept = <T extends object>(envelope: T): T =>
    mapped(envelope, (part, name) => (part === undefined ? part : (parts[name]?.(part as never) ?? part)));

  return {
    exclude: paths,
    check: (declaration) => paths.forEach((path) => assertExcludable(declaration, path)),
    kept,
    refuse(entity, written) {
      const field = Array.isArray(written)
        ? (written as readonly FieldChange[]).flatMap(({ path, value }) =>
            path === '' ? keysIn(keys, value) : isKept(path) ? [] : [path],
          )[0]
        : keysIn(keys, written)[0];
      if (field === undefined) return;
      throw new SyncError('validation', `${entity}: '${field}' is excluded from this device`, {
        hint: 'Nothing was stored. Write the field through a call of your own to the server.',
      });
    },
  };
}

function keysIn(keys: readonly string[], data: unknown): string[] {
  return typeof data === 'object' && data !== null ? keys.filter((key) => Object.hasOwn(data, key)) : [];
}

function mapped<T extends object>(source: T, change: (value: unknown, name: string) => unknown): T {
  return Object.fromEntries(Object.entries(source).map(([name, value]) => [name, change(value, name)])) as T;
}

function assertExcludable(
  declaration: Pick<EntityDefinition, 'name' | 'schema' | 'idField' | 'indexes'>,
  path: string,
): void {
  const [key, ...deeper] = parsePointer(path);
  const refuse = (why: string) =>
    new SyncError('validation', `${declaration.name}: '${path}' cannot be excluded, ${why}`);
  if (key === undefined || deeper.length > 0) throw refuse('only a top-level field can');
  const needed = [`/${declaration.idField}`, ...declaration.indexes];
  if (needed.some((each) => isPrefix(path, each))) throw refuse('it is the id or an index');
  if (demands(declaration, key)) throw refuse('the schema demands it: make it optional');
}

/** Many schemas say at once what an empty object lacks; one that stops at its first complaint is taken at its word. */
function demands(declaration: Pick<EntityDefinition, 'schema'>, key: string): boolean {
  const isDemand = ({ path }: StandardSchemaV1.Issue) => {
    const first = path?.[0];
    return path?.length === 1 && String(typeof first === 'object' ? first.key : first) === key;
  };
  return validate(declaration, {}).issues?.some(isDemand) === true;
}
