import { defaultRuntime, type Runtime } from 'syncline';
import type { HandleSetup } from './handle.js';
import { platformChannel, type IdbChannel, type IdbMarker } from './surroundings.js';

export interface IdbOptions {
  /** Name of the database; one for each server and user. */
  readonly name: string;
  /**
   * What a resolved commit has survived. `relaxed`: the end of the tab and of the browser, for the data is with the
   * operating system; a power failure may take the last seconds. `strict`: a power failure too; costs a flush, 1.5 to
   * 10 times the time. Default `relaxed`. What drops data is always strict.
   */
  readonly durability?: 'strict' | 'relaxed';
  /** Opens the doorbell to other tabs. Default: a `BroadcastChannel`, where there is one. */
  readonly channel?: (name: string) => IdbChannel | undefined;
  /** Remembers outside IndexedDB that the database was there. Default: `localStorage`, where there is one. */
  readonly marker?: IdbMarker;
  /** How long the browser may take to open or delete the database, ms. Default 10,000. */
  readonly limitMs?: number;
  /** Default: the platform's. */
  readonly runtime?: Pick<Runtime, 'setTimer' | 'uuid'>;
}

export interface IdbSetup extends HandleSetup {
  readonly durability: 'strict' | 'relaxed';
}

/** The options with their defaults. */
export function setupOf(options: IdbOptions): IdbSetup {
  const {
    name,
    durability = 'relaxed',
    channel = platformChannel,
    marker,
    limitMs = 10_000,
    runtime = defaultRuntime,
  } = options;
  return { name, durability, channel, marker, limitMs, runtime };
}
