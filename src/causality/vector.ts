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

/** The least vector that covers both: the larger counter of each replica. */
export function mergeVectors(a: VersionVector, b: VersionVector): VersionVector {
  if (covers(a, b)) return a;
  if (covers(b, a)) return b;
  const merged = new Map(Object.entries(a));
  for (const [replica, counter] of Object.entries(b)) {
    if (counter > (merged.get(replica) ?? 0)) merged.set(replica, counter);
  }
  return Object.fromEntries(merged);
}

/**
 * Where `a` stands to `b`: `before` when `b` has seen more and all of `a`, `concurrent` when each has seen something
 * that the other has not.
 *
 * Source: Parker et al., "Detection of Mutual Inconsistency in Distributed Systems", IEEE TSE 9(3), 1983.
 */
export function compareVectors(
  a: VersionVector,
  b: VersionVector,
): 'equal' | 'before' | 'after' | 'concurrent' {
  const aCovers = covers(a, b);
  const bCovers = covers(b, a);
  if (aCovers) return bCovers ? 'equal' : 'after';
  return bCovers ? 'before' : 'concurrent';
}

/** The vector with one replica's counter set. */
export function withCounter(clock: VersionVector, replica: string, counter: number): VersionVector {
  return { ...clock, [replica]: counter };
}

/** A replica's counter; 0 where there is none. Own entries only: a replica may be called `toString`. */
export function counterOf(clock: VersionVector, replica: string): number {
  return Object.hasOwn(clock, replica) ? (clock[replica] ?? 0) : 0;
}
