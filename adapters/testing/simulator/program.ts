import { faultKinds, type FaultKind } from './faults.js';
import { createRandom, type Random } from './random.js';
import type { SimulatedEntity } from './simulated.js';
import type { Profile, Step, WriteStep } from './steps.js';

/** A run before it is run: plain data, to be kept, sent or changed. */
export interface Program {
  readonly seed: number;
  readonly profile: Profile;
  readonly steps: readonly Step[];
}

export interface ProgramOptions {
  readonly entities: readonly SimulatedEntity[];
  readonly seed?: number;
  readonly steps?: number;
  readonly replicas?: number;
  readonly tabs?: number;
  readonly profile?: Partial<Profile>;
  readonly faults?: readonly FaultKind[];
}

/** Entities that meet in one run, about. */
const entitiesPerRun = 3;

/** What a seed stands for. Each run has a mix of its own, so that rare faults also meet alone. */
export function deriveProgram(options: ProgramOptions): Program {
  const { seed = 1, steps: length = 150, replicas, tabs } = options;
  const random = createRandom(seed);
  const profile = {
    ...deriveProfile(random.fork('profile')),
    ...options.profile,
    ...(replicas === undefined ? {} : { replicas }),
    ...(tabs === undefined ? {} : { tabs }),
  };
  const mix = deriveMix(random.fork('mix'), options, profile);
  const source = random.fork('steps');
  const steps = Array.from({ length }, (_, n) => deriveStep(source, mix, n));
  return { seed, profile, steps };
}

interface Mix {
  readonly tabs: number;
  readonly replicas: number;
  readonly entities: readonly SimulatedEntity[];
  readonly records: number;
  readonly faults: readonly FaultKind[];
  readonly faultShare: number;
  readonly paceMs: number;
  readonly acts: ReadonlySet<string>;
  readonly refusals: number;
}

function deriveProfile(random: Random): Profile {
  const tabs = random.pick([1, 1, 1, 2, 2, 3]);
  return {
    replicas: random.pick([1, 2, 2, 2, 3, 3, 4]),
    tabs,
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

function deriveMix(random: Random, options: ProgramOptions, { replicas, tabs }: Profile): Mix {
  const some = <T>(items: readonly T[], probability: number): readonly T[] => {
    const chosen = items.filter(() => random.chance(probability));
    return chosen.length === 0 ? [random.pick(items)] : chosen;
  };
  const entities = some(options.entities, Math.min(1, entitiesPerRun / options.entities.length));
  const faults = (options.faults ?? some(struck, random.pick([0.1, 0.3, 0.6]))).filter(isStruck);
  const mayRefuse = options.faults?.includes('write-refused') ?? true;
  const acts = new Set(options.entities.flatMap((entity) => [...entity.acts.keys()]));
  return {
    tabs: replicas * tabs,
    replicas,
    entities,
    records: random.between(1, 4),
    faults,
    faultShare: faults.length === 0 ? 0 : random.pick([0, 0.1, 0.2, 0.35]),
    paceMs: random.pick([5, 100, 1_000, 5_000]),
    acts: new Set(some([...acts], 0.7)),
    refusals: random.pick([0, 0, 0.03, 0.1]) * (mayRefuse ? 1 : 0),
  };
}

/** Faults that are steps of their own; a refusal belongs to the write. */
const struck = (Object.keys(faultKinds) as FaultKind[]).filter(isStruck);

function isStruck(fault: FaultKind): boolean {
  return fault !== 'write-refused';
}

function deriveStep(random: Random, mix: Mix, n: number): Step {
  const waitMs = random.chance(0.3) ? 0 : random.int(mix.paceMs);
  const tab = random.int(mix.tabs);
  if (random.chance(mix.faultShare)) {
    const fault = random.pick(mix.faults);
    return {
      do: 'fault',
      waitMs,
      device: random.int(mix.replicas),
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
  const { definition, acts, idOf } = random.pick(mix.entities);
  const allowed = [...acts.keys()].filter((act) => mix.acts.has(act));
  return {
    do: 'write',
    n,
    tab,
    entity: definition.name,
    act: random.pick(allowed.length === 0 ? [...acts.keys()] : allowed),
    id: idOf(random.int(mix.records)),
    ...(random.chance(mix.refusals) ? { refuse: true as const } : {}),
    ...(random.chance(0.1) ? { priority: random.between(-1, 2) } : {}),
    ...(random.chance(0.08) ? { depends: true as const } : {}),
  };
}

/** A group's writes are numbered apart, ten for each step. */
function deriveGroup(random: Random, mix: Mix, tab: number, n: number): readonly WriteStep[] {
  return Array.from({ length: random.between(2, 4) }, (_, at) =>
    deriveWrite(random, mix, tab, 100_000 + n * 10 + at),
  );
}

function durationMs(random: Random): number {
  return random.pick([random.int(200), random.int(5_000), random.int(60_000), random.int(300_000)]);
}
