import type { JsonObject } from './json.js';
import type { FieldChange } from './operation.js';

/** Finds the leaf changes that lead from one state to another. */
export interface DiffCalculator {
  /**
   * Changes from `before` to `after`: leaves of nested objects, in path order. An array is one value, and so is
   * everything at or below a path for which `isAtomic` answers true.
   */
  diff(before: JsonObject, after: JsonObject, isAtomic?: (path: string) => boolean): FieldChange[];
  /** `before` with the changes written as they are. `apply(before, diff(before, after))` equals `after`. */
  apply(before: JsonObject, changes: readonly FieldChange[]): JsonObject;
}
