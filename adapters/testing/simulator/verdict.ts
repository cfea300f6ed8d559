import type { SyncRecord } from 'syncline';
import type { FaultCounts } from './faults.js';
import type { Program } from './program.js';
import type { BrokenPromise } from './promises.js';
import type { TimelineEvent } from './timeline.js';

/** How a run went. */
export interface Verdict {
  readonly seed: number;
  /** The first promise or invariant that was not kept; absent when all were. */
  readonly broken?: BrokenPromise;
  /** What was run: of a broken history, what is left of it after shrinking. `replay` runs it again. */
  readonly program: Program;
  /** What happened; empty where all was well and `trace` was not asked for. */
  readonly timeline: readonly TimelineEvent[];
  /** How often each kind of fault struck. */
  readonly faults: FaultCounts;
  readonly steps: number;
  readonly writes: number;
  /** Calls to the server. */
  readonly calls: number;
  /** Operations that two tabs of one device sent. */
  readonly sentByTwo: number;
  /** Commits of each device. */
  readonly commits: readonly number[];
  /** What the server held at the end, by `<entity>/<id>`. */
  readonly records: ReadonlyMap<string, SyncRecord>;
  /** How long the history took in its own time, ms. */
  readonly virtualMs: number;
}
