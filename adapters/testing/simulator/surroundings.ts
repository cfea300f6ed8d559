import type { Calls } from './calls.js';
import type { VirtualClock } from './clock.js';
import type { FaultCounts } from './faults.js';
import type { Random } from './random.js';
import type { SimulatedEntity } from './simulated.js';
import type { Profile } from './steps.js';
import type { Timeline } from './timeline.js';

/** What a device needs of the world around it. */
export interface Surroundings {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly profile: Profile;
  readonly timeline: Timeline;
  readonly entities: readonly SimulatedEntity[];
  /** Calls to real disks. */
  readonly calls: Calls;
  readonly counts: FaultCounts;
  readonly newId: (nowMs: number) => string;
}

/** One run of a tab, from its start to its end. A stopped one does nothing more: no call it makes ever returns. */
export interface Life {
  alive: boolean;
}
