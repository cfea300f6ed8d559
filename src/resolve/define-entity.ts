import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { EntityDefinition, LocalPolicy, SyncPolicy } from '../contracts/entity.js';
import type { JsonObject } from '../contracts/json.js';
import type { ConflictStrategy } from '../contracts/resolver.js';
import { escapeSegment, parsePointer } from '../diff/pointer.js';
import { defined } from '../diff/shape.js';
import { reasonOf, SyncError } from '../errors.js';
import { lastWriteWins, manual } from './strategies.js';

/** A field by its name, or any place in a record as a JSON Pointer: `minutes`, `/address/city`. */
export type FieldOf<T> = (string & keyof T) | `/${string}`;

export interface EntityOptions<T extends object> {
  readonly name: string;
  /** Any Standard Schema; zod in every example. Its output must be plain JSON. */
  readonly schema: StandardSchemaV1<unknown, T>;
  /** Default `lastWriteWins()`. */
  readonly strategy?: ConflictStrategy;
  /** Property that holds the record's id. Default `id`. */
  readonly idField?: string & keyof T;
  /** Fields that lists are often filtered by. Numbers and texts are looked up, all other values are looked through. */
  readonly indexes?: readonly FieldOf<T>[];
  /** Version of the schema; raise it with each change that older data do not fit. Default 1. */
  readonly version?: number;
  /**
   * Brings data written under an older version along, one version at a time: called with 1, it gives the data of
   * version 2. Pure, and able to take data that are there already. Default: data stay as they are.
   */
  readonly migrate?: (data: JsonObject, fromVersion: number) => JsonObject;
  readonly sync?: SyncPolicy;
  /** Sensitive fields that are kept off the device: `exclude('diagnosis')`. Default: all is kept. */
  readonly local?: LocalPolicy;
}

const namePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/**
 * Declares a kind of thing, once, for client and server.
 *
 * Throws `SyncError` `validation` for a name that is not a letter followed by up to 63 letters, digits, `_`, `.` or
 * `-`, for a path that is no JSON Pointer, for a version that is no positive integer, and for an excluded field that is
 * not a top-level one, that the schema demands, or that is the id or an index.
 *
 * @example
 * ```ts
 * import { concat, defineEntity, latest, max, merge, union } from 'syncline';
 * import { z } from 'zod';
 *
 * export const task = defineEntity({
 *   name: 'task',
 *   schema: z.object({ id: z.string(), title: z.string(), notes: z.string(), minutes: z.number(), tags: z.array(z.string()) }),
 *   strategy: merge({ fields: { '/notes': concat(), '/minutes': max(), '/tags': union() }, otherwise: latest() }),
 *   indexes: ['minutes'],
 * });
 * ```
 */
export function defineEntity<T extends object>(options: EntityOptions<T>): EntityDefinition<T> {
  const { name, version = 1 } = options;
  if (!namePattern.test(name))
    throw new SyncError('validation', `'${name}' cannot name an entity`, {
      hint: 'A letter, then up to 63 letters, digits, _ . or -',
    });
  if (!Number.isInteger(version) || version < 1)
    throw new SyncError('validation', `${name}: version must be 1, 2, 3 …`);
  const strategy = options.strategy ?? lastWriteWins();
  for (const path of Object.keys(strategy.fields)) parsePointer(path);
  const indexes = (options.indexes ?? []).map((field) => (field.startsWith('/') ? field : `/${field}`));
  for (const path of indexes) parsePointer(path);
  const { schema, idField = 'id', local } = options;
  local?.check({ name, schema, idField, indexes });
  return {
    name,
    schema,
    strategy,
    idField,
    indexes,
    version,
    sync: { mode: 'immediate', intervalMs: 30_000, priority: 0, ...options.sync },
    ...defined({ migrate: options.migrate, local }),
  };
}

/** Definitions by their names. Throws `SyncError` `validation` where two have one. */
export function byName(definitions: readonly EntityDefinition<object>[]): Map<string, EntityDefinition> {
  const entities = new Map(definitions.map((definition) => [definition.name, definition]));
  if (entities.size < definitions.length) throw new SyncError('validation', 'two entities have one name');
  return entities;
}

/** Stands for an entity that this side does not know: clocks are compared, and every disagreement is left to others. */
export function compareOnly(entity: string): EntityDefinition {
  return {
    name: entity,
    schema: {
      '~standard': { version: 1, vendor: 'syncline', validate: (value) => ({ value: value as JsonObject }) },
    },
    strategy: manual(),
    idField: 'id',
    indexes: [],
    version: 1,
    sync: { mode: 'immediate', intervalMs: 30_000, priority: 0 },
  };
}

/** Why the schema refuses `data`, or `undefined` when it does not. */
export function schemaProblem(definition: EntityDefinition, data: JsonObject): string | undefined {
  const result = validate(definition, data);
  return result.issues === undefined ? undefined : issueText(result.issues);
}

/**
 * `data` as the schema gives it out. Throws `SyncError` `validation` where the schema refuses it, with `details.issues`:
 * `{ path, message }` of each, the path as a JSON Pointer.
 */
export function parseData(definition: EntityDefinition, data: unknown): unknown {
  const result = validate(definition, data);
  if (result.issues === undefined) return result.value;
  throw new SyncError('validation', `${definition.name}: ${issueText(result.issues)}`, {
    hint: 'Nothing was stored. Mend the value and write again.',
    details: { issues: result.issues.map(toIssue) },
  });
}

/** Never throws, whatever the schema does. */
export function validate(
  { schema }: Pick<EntityDefinition, 'schema'>,
  data: unknown,
): StandardSchemaV1.Result<object> {
  try {
    const result = schema['~standard'].validate(data);
    if (!(result instanceof Promise)) return result;
    // Some validators turn what a check throws into a promise; a rejection that nobody hears would end a server.
    result.catch(() => undefined);
    return { issues: [{ message: 'the schema must validate synchronously, and without throwing' }] };
  } catch (error) {
    return { issues: [{ message: `the schema failed: ${reasonOf(error)}` }] };
  }
}

function issueText(issues: readonly StandardSchemaV1.Issue[]): string {
  return issues
    .map(toIssue)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ');
}

function toIssue({ message, path = [] }: StandardSchemaV1.Issue) {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return { path: keys.map((key) => `/${escapeSegment(key)}`).join(''), message };
}
