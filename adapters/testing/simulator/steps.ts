import type { PlannedFault } from './faults.js';

/** What an application does to one record. */
export type Act =
  | 'create'
  | 'upsert'
  | 'update'
  | 'nested'
  | 'text'
  | 'items'
  | 'bounds'
  | 'hours'
  | 'unset'
  | 'increment'
  | 'add'
  | 'remove'
  | 'delete';

/** One call of a collection. */
export interface WriteStep {
  readonly do: 'write';
  /** Number of the write: its values are made from it, so that no two writes write the same. */
  readonly n: number;
  /** Index among all tabs of all devices. */
  readonly tab: number;
  readonly entity: string;
  readonly id: string;
  readonly act: Act;
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

/** What does not change in the course of a run. */
export interface Profile {
  readonly devices: number;
  readonly tabsPerDevice: number;
  /** Whether the tabs of a device agree on one that sends. Otherwise all of them do. */
  readonly lease: boolean;
  /** Whether devices sync by themselves. Otherwise only `sync` steps do. */
  readonly auto: boolean;
  readonly compact: boolean;
  readonly batchCount: number;
  readonly pageLimit: number;
  readonly pollMs: number;
  /** Longest time a commit or a call normally takes. */
  readonly diskMs: number;
  readonly netMs: number;
  /** Entries after which a device's log is compacted. */
  readonly logEntries: number;
}
