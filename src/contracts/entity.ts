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

/** What a device keeps of an entity. */
export interface LocalPolicy {
  /**
   * Top-level fields that are never stored on the device, as names or JSON Pointers. They are taken out of what the
   * server sends; a write to one is refused. The schema must have them optional.
   */
  readonly exclude?: readonly string[];
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
  /** `exclude` holds JSON Pointers of one segment. */
  readonly local: Required<LocalPolicy>;
}
