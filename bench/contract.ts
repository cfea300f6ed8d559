/** How much one round of a case does. */
export interface Load {
  /** Records in the store. */
  readonly records: number;
  /** Operations of the cases that are quick. */
  readonly operations: number;
  /** Operations of the cases where each takes long, or is looked at by itself. A multiple of ten: there are ten slices. */
  readonly few: number;
  /** Time between preparing and running, in which what preparing has put off comes to its end. */
  readonly settleMs: number;
}

/** What a case needs to know beside its load. */
export interface Setting {
  readonly load: Load;
  /** Grows with each preparation, so that no name is used twice. */
  readonly round: number;
  readonly servers: Servers;
}

/** Base addresses, as `http://127.0.0.1:4477`: the limit, and Syncline over its stores. */
export interface Servers {
  readonly raw: string;
  readonly memory: string;
  readonly sqlite: string;
}

/** What the process that drives the bench says to that of the servers. */
export type ServerQuestion = 'record' | 'recorded' | 'stop';

/** The space in which the servers have records from the start. */
export const filledSpace = 'filled';

/** What one timed step came to, by name; in milliseconds where the name does not say otherwise. */
export type Sample = Readonly<Record<string, number>>;

/** What the steps of one run came to: of each thing measured the sum, and how it is distributed. */
export type Measures = Readonly<Record<string, Summary>>;

export interface Summary {
  readonly total: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** A contender of a case that is ready to be timed. */
export interface Prepared {
  /** Parts of a run, between which the others have theirs. Default 1. */
  readonly slices?: number;
  run(slice: number): Promise<readonly Sample[]>;
  /** Closes, and removes what was stored, unless a later process is to find it. */
  dispose(): Promise<void>;
}

export type Contender = (setting: Setting) => Promise<Prepared>;

/** What the page offers to the process that drives it. */
export interface BenchPage {
  contenders(caseName: string): string[];
  prepare(caseName: string, contender: string, setting: Setting): Promise<void>;
  /** Runs all that is prepared, slice by slice in the order of preparation. */
  run(): Promise<Readonly<Record<string, Measures>>>;
  dispose(): Promise<void>;
}
