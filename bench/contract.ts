/** How much one round of a case does. */
export interface Load {
  /** Records in the store. */
  readonly records: number;
  /** Single operations that are timed. */
  readonly operations: number;
  /** Queries that are timed. */
  readonly queries: number;
}

/** What a case needs to know beside its load. */
export interface Setting {
  readonly load: Load;
  /** Grows with each preparation, so that no name is used twice. */
  readonly round: number;
  /** Base addresses of the servers, as `http://127.0.0.1:4477`. */
  readonly servers: { readonly raw: string; readonly memory: string; readonly sqlite: string };
}

/** What one run came to, by name; in milliseconds where the name does not say otherwise. */
export type Measures = Readonly<Record<string, number>>;

/** A contender of a case that is ready to be timed. */
export interface Prepared {
  run(): Promise<Measures>;
  /** Closes, and removes what was stored. */
  dispose(): Promise<void>;
}

export type Contender = (setting: Setting) => Promise<Prepared>;

/** What the page offers to the process that drives it. */
export interface BenchPage {
  readonly isolated: boolean;
  contenders(caseName: string): string[];
  prepare(caseName: string, contender: string, setting: Setting): Promise<void>;
  run(): Promise<Measures>;
  dispose(): Promise<void>;
}
