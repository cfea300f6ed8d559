import type { VersionVector } from '../contracts/operation.js';

/**
 * Whether `a` has seen all that `b` has: no counter of `b` is larger than its counterpart in `a`.
 *
 * `{ p: 2, q: 1 }` covers `{ p: 2 }`, and every vector covers `{}`.
 */
export function covers(a: VersionVector, b: VersionVector): boolean {
  for (const replica of Object.keys(b)) {
    if (counterOf(b, replica) > counterOf(a, replica)) return false;
  }
  return true;
}

/** The vector with one replica's counter set. */
export function withCounter(clock: VersionVector, replica: string, counter: number): VersionVector {
  return { ...clock, [replica]: counter };
}

/** A replica's counter; 0 where there is none. Own entries only: a replica may be called `toString`. */
export function counterOf(clock: VersionVector, replica: string): number {
  return Object.hasOwn(clock, replica) ? (clock[replica] ?? 0) : 0;
}
