import type { Summary } from './contract.js';

/** What a figure is held to: a ratio to the limit, a plain value, or both. */
export interface Bound {
  readonly ratio?: number;
  readonly value?: number;
}

/** One line of the result. */
export interface Line {
  readonly id: string;
  readonly what: string;
  readonly subject: Side;
  /** Absent where there is nothing to compare with. */
  readonly limit?: Side;
  readonly unit?: 'ms' | 'bytes';
  /** The first goal, and the one the design allows. */
  readonly aim?: Bound;
  readonly target?: Bound;
}

/** One figure of one contender. */
export interface Side {
  readonly contender: string;
  readonly of: keyof Summary;
  /** Default `ms`. */
  readonly measure?: string;
}

export interface BenchCase {
  readonly name: string;
  /** Letters by which the command line asks for it. */
  readonly letter: string;
  /** The contenders' slices alternate. Otherwise each has its run for itself, what it does in the background included. */
  readonly interleaved?: true;
  /** Speaks with servers. */
  readonly withServers?: true;
  /** Prepared by this one, in another browser process. */
  readonly filledBy?: string;
  readonly lines: readonly Line[];
}
