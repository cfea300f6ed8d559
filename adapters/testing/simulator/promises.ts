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

export type PromiseName = (typeof promiseNames)[number];

/** A promise that was not kept. */
export interface BrokenPromise {
  readonly promise: PromiseName;
  readonly message: string;
}

/** Takes down what was not kept. */
export type Report = (promise: PromiseName, message: string) => void;
