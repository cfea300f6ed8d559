import type { EntityDefinition } from '../contracts/entity.js';
import type { Json, JsonObject } from '../contracts/json.js';
import type { Decision, FieldChange, SyncRecord } from '../contracts/operation.js';
import type { OperationResult, RecordChange } from '../contracts/transport.js';
import { isPrefix, parsePointer } from '../diff/pointer.js';
import { isJsonObject } from '../diff/shape.js';
import { SyncError } from '../errors.js';

/** A pulled change, less what its entity keeps off the device. */
export function changeKept(definition: EntityDefinition | undefined, change: RecordChange): RecordChange {
  if (definition === undefined || keepsAll(definition)) return change;
  switch (change.kind) {
    case 'put':
      return { kind: 'put', record: recordKept(definition, change.record) };
    case 'patch':
      return {
        ...change,
        set: sidesKept(definition, change.set),
        unset: change.unset.filter((path) => isKept(definition, path)),
        ...decisionsKept(definition, change),
      };
    default:
      return change;
  }
}

/** An answer to a push, less what its entity keeps off the device. */
export function resultKept(
  definition: EntityDefinition | undefined,
  result: OperationResult,
): OperationResult {
  if (definition === undefined || keepsAll(definition)) return result;
  switch (result.status) {
    case 'accepted': {
      const { record } = result;
      return {
        ...result,
        ...(record === undefined ? {} : { record: recordKept(definition, record) }),
        ...decisionsKept(definition, result),
      };
    }
    case 'conflict':
      return {
        ...result,
        record: recordKept(definition, result.record),
        fields: sidesKept(definition, result.fields),
      };
    default:
      return result;
  }
}

export function recordKept(definition: EntityDefinition, record: SyncRecord): SyncRecord {
  if (keepsAll(definition)) return record;
  return {
    ...record,
    data: objectKept(definition, record.data),
    ...decisionsKept(definition, record),
  };
}

export function objectKept(definition: EntityDefinition, data: JsonObject): JsonObject {
  const excluded = excludedKeys(definition);
  if (!excluded.some((key) => Object.hasOwn(data, key))) return data;
  return Object.fromEntries(Object.entries(data).filter(([key]) => !excluded.includes(key)));
}

/**
 * Throws `SyncError` `validation` for a write to what is kept off the device: the outbox would have to keep the value
 * until it is sent. `data` may be anything that is to become the record, or a part of it.
 */
export function refuseExcluded(definition: EntityDefinition, data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  const written = excludedKeys(definition).find((key) => Object.hasOwn(data, key));
  if (written !== undefined) throw refusal(definition, written);
}

/** As `refuseExcluded`, for changes. */
export function refuseExcludedChanges(definition: EntityDefinition, changes: readonly FieldChange[]): void {
  for (const { path, value } of changes) {
    if (path === '') refuseExcluded(definition, value);
    else if (!isKept(definition, path)) throw refusal(definition, path);
  }
}

function refusal({ name }: EntityDefinition, field: string): SyncError {
  return new SyncError('validation', `${name}: '${field}' is excluded from this device (local.exclude)`, {
    hint: 'Nothing was stored. Write the field through a call of your own to the server.',
  });
}

function keepsAll({ local }: EntityDefinition): boolean {
  return local.exclude.length === 0;
}

function excludedKeys({ local }: EntityDefinition): string[] {
  return local.exclude.map((path) => parsePointer(path)[0] ?? '');
}

function isKept({ local }: EntityDefinition, path: string): boolean {
  return !local.exclude.some((excluded) => isPrefix(excluded, path));
}

function decisionsKept(
  definition: EntityDefinition,
  { decisions }: { readonly decisions?: readonly Decision[] },
): { readonly decisions?: readonly Decision[] } {
  return decisions === undefined ? {} : { decisions: sidesKept(definition, decisions) };
}

/** Values that belong to paths. On the path `''` a value is data, or an object of path and value. */
type Sided = { readonly path: string } & Partial<
  Readonly<Record<'value' | 'base' | 'local' | 'remote' | 'result', Json>>
>;

function sidesKept<S extends Sided>(definition: EntityDefinition, sides: readonly S[]): S[] {
  return sides
    .filter(({ path }) => isKept(definition, path))
    .map((side) => (side.path === '' ? wholesKept(definition, side) : side));
}

function wholesKept<S extends Sided>(definition: EntityDefinition, side: S): S {
  const wholes = (['value', 'base', 'local', 'remote', 'result'] as const).flatMap((name) => {
    const whole = side[name];
    return isJsonObject(whole) ? [[name, wholeKept(definition, whole)] as const] : [];
  });
  return { ...side, ...Object.fromEntries(wholes) };
}

function wholeKept(definition: EntityDefinition, whole: JsonObject): JsonObject {
  const byKey = objectKept(definition, whole);
  return Object.fromEntries(Object.entries(byKey).filter(([path]) => isKept(definition, path)));
}
