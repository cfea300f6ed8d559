import type { Decision, FieldChange, FieldConflict } from '../contracts/operation.js';

/** What becomes of an operation whose author had not seen the whole record. */
export interface Ruling {
  /** The changes to write, with `base` as the record has it now; conflicts decided. */
  readonly writes: readonly FieldChange[];
  readonly decisions: readonly Decision[];
  /** Fields that a person must decide. Empty: all is decided. */
  readonly conflicts: readonly FieldConflict[];
  /** Whether the record is a tombstone afterwards. */
  readonly deleted: boolean;
  /** Whether nothing of the operation survived a disagreement. */
  readonly superseded: boolean;
}

/** The ruling that leaves everything as it is. */
export const nothing: Ruling = {
  writes: [],
  decisions: [],
  conflicts: [],
  deleted: false,
  superseded: false,
};

/** Decides what would else be left to a person, for the side that the person took. */
export type PersonalChoice = 'local' | 'remote';
