import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonObject } from './json.js';
import type { ConflictStrategy } from './resolver.js';

/** When the operations of an entity are sent: at once, or at most once per interval. */
export interface SyncPolicy {
  /** Default `immediate`. */
  readonly mode?: 'immediate' | 'throttled';
  /** For `throttled`. Default 30,000. */
  readonly intervalMs?: number;
  /** Larger goes first among ready operations. Default 0. */
  readonly priority?: number;
}

/** What a device does not keep of an entity; made by `exclude`. */
export interface LocalPolicy {
  /** JSON Pointers, of one segment, of the fields that are never stored on the device. */
  readonly exclude: readonly string[];
  /** Throws `SyncError` `validation` for a declaration that cannot do without one of them. */
  check(declaration: Pick<EntityDefinition, 'name' | 'schema' | 'idField' | 'indexes'>): void;
  /** A record, a pulled change, an answer to a push, or the data alone, less what is excluded. */
  kept<T extends object>(envelope: T): T;
  /** Throws `SyncError` `validation` where data, a part of them, or an array of `FieldChange` writes to what is excluded. */
  refuse(entity: string, written: unknown): void;
}

/**
 * A kind of thing, declared once and shared by client and server.
 *
 * Made by `defineEntity`, which fills the defaults and checks the declaration.
 */
export interface EntityDefinition<T extends object = object> {
  readonly name: string;
  /** Any Standard Schema (https://standardschema.dev). Validation must be synchronous. */
  readonly schema: StandardSchemaV1<unknown, T>;
  readonly strategy: ConflictStrategy;
  /** Property that holds the record's id. */
  readonly idField: string;
  /** JSON Pointers of the fields that lists are often filtered or ordered by. */
  readonly indexes: readonly string[];
  /** Version of the schema, 1, 2, 3 … */
  readonly version: number;
  /** Brings data written under an older version along, one version at a time. */
  readonly migrate?: (data: JsonObject, fromVersion: number) => JsonObject;
  readonly sync: Required<SyncPolicy>;
  /** Absent: the device keeps all of it. */
  readonly local?: LocalPolicy;
}
