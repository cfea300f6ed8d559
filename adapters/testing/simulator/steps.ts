import type { PlannedFault } from './faults.js';

/** One write of an application. */
export interface WriteStep {
  readonly do: 'write';
  /** Number of the write: its values are made from it, so that no two writes write the same. */
  readonly n: number;
  /** Index among all tabs of all devices. */
  readonly tab: number;
  readonly entity: string;
  readonly id: string;
  /** Name of the act of its entity. */
  readonly act: string;
  /** The server will not allow it. */
  readonly refuse?: true;
  readonly priority?: number;
  /** It follows the tab's last write, whatever that was about. */
  readonly depends?: true;
}

/** Plain data: a run is its profile and a list of these, and any part of the list is a run too. */
export type Step = { readonly waitMs: number } & (
  | WriteStep
  | { readonly do: 'group'; readonly tab: number; readonly writes: readonly WriteStep[] }
  | { readonly do: 'sync'; readonly tab: number }
  | { readonly do: 'open' | 'close' | 'pause' | 'resume'; readonly tab: number }
  | {
      readonly do: 'resolve';
      readonly tab: number;
      readonly pick: number;
      readonly choice: 'local' | 'remote' | 'merged';
      readonly n: number;
    }
  | {
      readonly do: 'letter';
      readonly tab: number;
      readonly pick: number;
      readonly verb: 'retry' | 'edit' | 'discard';
      readonly n: number;
    }
  | { readonly do: 'backup' }
  | ({ readonly do: 'fault'; readonly device: number } & PlannedFault)
);

/** What does not change in the course of a run. Times are in milliseconds. */
export interface Profile {
  /** Devices, each with a store of its own. */
  readonly replicas: number;
  /** Tabs of each device. */
  readonly tabs: number;
  /** Whether the tabs of a device agree on one that sends. Otherwise all of them do. */
  readonly lease: boolean;
  /** Whether devices sync by themselves. Otherwise only `sync` steps do. */
  readonly auto: boolean;
  /** Whether unsent operations are joined. */
  readonly compact: boolean;
  /** Operations in a push. */
  readonly batchCount: number;
  /** Changes in a pulled page. */
  readonly pageLimit: number;
  /** Time between two pulls of a device that has nothing to send. */
  readonly pollMs: number;
  /** Longest time a commit normally takes. */
  readonly diskMs: number;
  /** Longest time a call normally takes, there and back. */
  readonly netMs: number;
  /** Entries after which a device's log is compacted, where the storage is a log. */
  readonly logEntries: number;
}
