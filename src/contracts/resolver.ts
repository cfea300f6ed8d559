import type { Json } from './json.js';
import type { Decision, FieldConflict, Operation, Stamp, SyncRecord } from './operation.js';

/** What one field looks like to the rule that must decide it. `local` is the operation's side. */
export interface FieldContext extends FieldConflict {
  readonly entity: string;
  readonly entityId: string;
  readonly localStamp: Stamp;
  readonly remoteStamp: Stamp;
}

/** What a rule says: take a value (`undefined`: no value there), or leave it to a person. */
export type FieldVerdict =
  | { readonly value: Json | undefined; readonly winner: 'local' | 'remote' | 'both'; readonly why: string }
  | { readonly conflict: true; readonly why: string };

/** Laws a rule claims when it is read as a binary operation on values with one base. */
export interface RuleLaws {
  readonly commutative: boolean;
  readonly associative: boolean;
  readonly idempotent: boolean;
}

/** Decides one field whose two sides disagree. Pure. */
export interface FieldRule {
  readonly name: string;
  readonly laws: RuleLaws;
  /** Whether the rule reads `base`; if so its full value travels with every change. */
  readonly needsBase: boolean;
  decide(field: FieldContext): FieldVerdict;
}

export type DeletePolicy = 'latest' | 'delete-wins' | 'update-wins' | 'conflict';

/** How an entity's concurrent changes are decided. Made by `merge`, `lastWriteWins` and their like. */
export interface ConflictStrategy {
  readonly name: string;
  readonly deletes: DeletePolicy | 'local-wins' | 'remote-wins';
  /** `record`: when one field of an operation disagrees, all its fields share one fate. */
  readonly granularity: 'field' | 'record';
  /** Field rules by JSON Pointer; a rule covers its path as one value. */
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** Decides the fields without a rule of their own. */
  readonly otherwise: FieldRule;
  /** Decides the disagreeing fields of one operation together; comes before all rules. Never throws. */
  readonly decide?: (context: RecordContext) => (field: FieldContext) => FieldVerdict;
}

/** What a `custom` strategy sees. */
export interface RecordContext {
  readonly record: SyncRecord;
  readonly operation: Operation;
  readonly fields: readonly FieldContext[];
}

/** What came of one operation meeting one record. */
export type Outcome =
  | { readonly kind: 'duplicate'; readonly record: SyncRecord; readonly decisions: readonly [] }
  | {
      readonly kind: 'applied' | 'merged' | 'superseded';
      readonly record: SyncRecord;
      readonly decisions: readonly Decision[];
    }
  /** A person must decide; the record is untouched. */
  | {
      readonly kind: 'conflict';
      readonly record: SyncRecord;
      readonly fields: readonly FieldConflict[];
      readonly decisions: readonly [];
    }
  /** The operation can never apply: no such record, or not this shape. */
  | {
      readonly kind: 'refused';
      readonly code: 'not-found' | 'validation';
      readonly message: string;
      readonly decisions: readonly [];
    };
