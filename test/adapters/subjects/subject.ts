import type { ConformanceCase } from 'syncline/testing';

/** Whose contracts there are cases for. */
export type KitName =
  'storage' | 'log-device' | 'transport' | 'server-store' | 'server-bus' | 'field-rule' | 'crdt-codec';

/** An implementation that ships with the package, or stands in a test, and what it is held to. */
export interface Subject {
  readonly kit: KitName;
  /** As people call it, with the options that matter: `idbStorage`, `sqliteStore, in memory`. */
  readonly name: string;
  readonly cases: readonly { readonly name: string; readonly run: () => Promise<void> }[];
}

type Use<Setup> = (run: (setup: Setup) => Promise<void>) => Promise<void>;

/** `use` makes a fresh world, hands its setup to the case, and cleans up. `more`: cases that need another setup. */
export function subject<Setup>(
  kit: KitName,
  name: string,
  cases: readonly ConformanceCase<Setup>[],
  use: Use<Setup>,
  more: Subject['cases'] = [],
): Subject {
  return { kit, name, cases: [...held(cases, use), ...more] };
}

/** The cases with what they need. */
export function held<Setup>(cases: readonly ConformanceCase<Setup>[], use: Use<Setup>): Subject['cases'] {
  return cases.map((one) => ({ name: one.name, run: () => use(one.run) }));
}
