/** What each run is checked against. */
export const promiseNames = [
  'no-lost-write',
  'exactly-once',
  'convergence',
  'prediction',
  'no-silent-loss',
  'lane-order',
  'atomic-group',
  'read-your-writes',
  'causal-base',
  'bounded-rounds',
  'no-resurrection',
  'equal-clocks',
  /** Nothing fails for a reason that nobody gave it. */
  'no-surprise',
] as const;

/** A promise that Syncline makes. */
export type PromiseName = (typeof promiseNames)[number];

/** A promise, or an invariant of yours, that was not kept. */
export interface BrokenPromise {
  /** A `PromiseName`, or the name of the invariant. */
  readonly promise: string;
  readonly message: string;
}

/** Takes down what was not kept. */
export type Report = (promise: string, message: string) => void;
