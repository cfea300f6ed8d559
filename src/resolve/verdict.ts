import type { Json } from '../contracts/json.js';
import type { FieldContext, FieldVerdict } from '../contracts/resolver.js';
import { equalJson } from '../diff/canonical.js';

/** The verdict that takes this value; the winner is the side it equals. */
export function take(field: FieldContext, value: Json | undefined, why: string): FieldVerdict {
  const winner = equalJson(value, field.local) ? 'local' : equalJson(value, field.remote) ? 'remote' : 'both';
  return { value, winner, why };
}

/** The verdict that takes one side. */
export function side(field: FieldContext, winner: 'local' | 'remote', why: string): FieldVerdict {
  return { value: field[winner], winner, why };
}

/** The verdict that leaves the field to a person. */
export function leave(why: string): FieldVerdict {
  return { conflict: true, why };
}
