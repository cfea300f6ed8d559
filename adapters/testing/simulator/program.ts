import { alien, catalogue, tally } from './catalogue.js';
import type { FaultKind } from './faults.js';
import { faultKinds } from './faults.js';
import { createRandom, type Random } from './random.js';
import type { Act, Profile, Step, WriteStep } from './steps.js';

/** A run before it is run. */
export interface Program {
  readonly seed: number;
  readonly profile: Profile;
  readonly steps: readonly Step[];
}

export interface ProgramOptions {
  readonly seed: number;
  /** Default 150. */
  readonly steps?: number;
  /** Fixes parts of the profile that the seed would choose. */
  readonly profile?: Partial<Profile>;
  /** Default: a part of the catalogue that the seed chooses. */
  readonly entities?: readonly string[];
  /** Default: a part of all kinds that the seed chooses. */
  readonly faults?: readonly FaultKind[];
}

/** What a seed stands for. Each run has a mix of its own, so that rare faults also meet alone. */
export function deriveProgram(options: ProgramOptions): Program {
  const { seed, steps: length = 150 } = options;
  const random = createRandom(seed);
  const profile = { ...deriveProfile(random.fork('profile')), ...options.profile };
  const mix = deriveMix(random.fork('mix'), options, profile);
  const source = random.fork('steps');
  const steps = Array.from({ length }, (_, n) => deriveStep(source, mix, n));
  return { seed, profile, steps };
}

interface Mix {
  readonly tabs: number;
  readonly devices: number;
  readonly entities: readonly string[];
  readonly records: number;
  readonly faults: readonly FaultKind[];
  readonly faultShare: number;
  readonly paceMs: number;
  readonly acts: readonly Act[];
  readonly refusals: number;
}

function deriveProfile(random: Random): Profile {
  const tabsPerDevice = random.pick([1, 1, 1, 2, 2, 3]);
  return {
    devices: random.pick([1, 2, 2, 2, 3, 3, 4]),
    tabsPerDevice,
    lease: random.chance(0.5),
    auto: true,
    compact: random.chance(0.7),
    batchCount: random.pick([4, 4, 7, 50, 500]),
    pageLimit: random.pick([1, 2, 5, 1000]),
    pollMs: random.pick([5_000, 20_000, 60_000]),
    diskMs: random.pick([0, 0, 5, 50]),
    netMs: random.pick([2, 20, 200, 2_000]),
    logEntries: random.pick([10, 40, 400]),
  };
}

function deriveMix(random: Random, options: ProgramOptions, { devices, tabsPerDevice }: Profile): Mix {
  const some = <T>(items: readonly T[], probability: number): readonly T[] => {
    const chosen = items.filter(() => random.chance(probability));
    return chosen.length === 0 ? [random.pick(items)] : chosen;
  };
  const entities =
    options.entities ??
    some(
      catalogue.map(({ name }) => name),
      0.35,
    );
  const faults = options.faults ?? some(Object.keys(faultKinds) as FaultKind[], random.pick([0.1, 0.3, 0.6]));
  return {
    tabs: devices * tabsPerDevice,
    devices,
    entities,
    records: random.between(1, 4),
    faults,
    faultShare: faults.length === 0 ? 0 : random.pick([0, 0.1, 0.2, 0.35]),
    paceMs: random.pick([5, 100, 1_000, 5_000]),
    acts: some(acts, 0.7),
    refusals: random.pick([0, 0, 0.03, 0.1]),
  };
}

const acts: readonly Act[] = [
  'create',
  'upsert',
  'update',
  'update',
  'nested',
  'text',
  'items',
  'bounds',
  'hours',
  'unset',
  'increment',
  'add',
  'remove',
  'delete',
];

function deriveStep(random: Random, mix: Mix, n: number): Step {
  const waitMs = random.chance(0.3) ? 0 : random.int(mix.paceMs);
  const tab = random.int(mix.tabs);
  if (random.chance(mix.faultShare)) {
    const fault = random.pick(mix.faults);
    return {
      do: 'fault',
      waitMs,
      device: random.int(mix.devices),
      fault,
      nth: random.int(3),
      ms: durationMs(random),
    };
  }
  const kind = random.next();
  if (kind < 0.62) return { waitMs, ...deriveWrite(random, mix, tab, n) };
  if (kind < 0.72) return { waitMs, do: 'group', tab, writes: deriveGroup(random, mix, tab, n) };
  if (kind < 0.8) return { waitMs, do: 'sync', tab };
  if (kind < 0.88)
    return {
      waitMs,
      do: 'resolve',
      tab,
      pick: random.int(8),
      choice: random.pick(['local', 'remote', 'merged']),
      n,
    };
  if (kind < 0.93)
    return {
      waitMs,
      do: 'letter',
      tab,
      pick: random.int(8),
      verb: random.pick(['retry', 'edit', 'discard']),
      n,
    };
  if (kind < 0.95) return { waitMs, do: 'backup' };
  return { waitMs, do: random.pick(['open', 'open', 'close', 'pause', 'resume'] as const), tab };
}

function deriveWrite(random: Random, mix: Mix, tab: number, n: number): WriteStep {
  const entity = random.pick(mix.entities);
  const act = actFor(random, mix, entity);
  return {
    do: 'write',
    n,
    tab,
    entity,
    id: `${entity}-${random.int(mix.records)}`,
    act,
    ...(random.chance(mix.refusals) ? { refuse: true as const } : {}),
    ...(random.chance(0.1) ? { priority: random.between(-1, 2) } : {}),
    ...(random.chance(0.08) ? { depends: true as const } : {}),
  };
}

function actFor(random: Random, { acts: allowed }: Mix, entity: string): Act {
  if (entity === tally) return random.pick(['increment', 'increment', 'add'] as const);
  const act = random.pick(allowed);
  return entity === alien && act === 'delete' && random.chance(0.5) ? 'update' : act;
}

/** A group's writes are numbered apart, a hundred for each step. */
function deriveGroup(random: Random, mix: Mix, tab: number, n: number): readonly WriteStep[] {
  return Array.from({ length: random.between(2, 4) }, (_, at) =>
    deriveWrite(random, mix, tab, 1_000 + n * 10 + at),
  );
}

function durationMs(random: Random): number {
  return random.pick([random.int(200), random.int(5_000), random.int(60_000), random.int(300_000)]);
}
