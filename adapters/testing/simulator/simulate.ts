import type { SyncRecord } from 'syncline';
import { hash } from './random.js';
import type { FaultCounts } from './faults.js';
import { finish } from './finish.js';
import { perform } from './perform.js';
import { deriveProgram, type Program, type ProgramOptions } from './program.js';
import type { BrokenPromise } from './promises.js';
import { World } from './world.js';

export interface SimulateOptions extends ProgramOptions {
  /** Only these of the steps that the seed stands for, by index. Default: all. */
  readonly only?: readonly number[];
  /** Keeps a readable account of the run. Default false. */
  readonly trace?: boolean;
}

/** How a run went. */
export interface Verdict {
  readonly program: Program;
  /** The first promise that was not kept; absent when all were. */
  readonly broken?: BrokenPromise;
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
  readonly virtualMs: number;
  /** What happened, where it was asked for. */
  readonly lines: readonly string[];
  /** Of the lines: equal for equal runs. */
  readonly fingerprint: number;
}

/**
 * Runs real clients against a real server, with everything around them under control: clocks, timers, chance, the
 * network, the disks, and when each of them fails. Equal options give equal runs. Never rejects for a broken promise.
 *
 * @example
 * ```ts
 * import { simulate } from 'syncline/testing';
 *
 * const { broken } = await simulate({ seed: 1, steps: 20 });
 * if (broken !== undefined) throw new Error(`${broken.promise}: ${broken.message}`);
 * ```
 */
export function simulate(options: SimulateOptions): Promise<Verdict> {
  return run(deriveProgram(options), options);
}

/** Runs a program that may have been changed since it was derived. */
export async function run(
  program: Program,
  { only, trace = false }: Pick<SimulateOptions, 'only' | 'trace'> = {},
): Promise<Verdict> {
  const kept = only === undefined ? undefined : new Set(only);
  const steps = program.steps.filter((_, at) => kept?.has(at) !== false);
  const world = new World(program, { trace });
  const from = world.clock.now;
  await world.begin();
  for (const step of steps) {
    await world.pass(step.waitMs);
    world.lines.add(() => `- ${JSON.stringify(step)}`);
    perform(world, step);
    await world.settle();
    if (world.broken.length > 0) break;
  }
  if (world.broken.length === 0) await finish(world);
  for (const device of world.devices) device.stopAll();
  const [broken] = world.broken;
  const lines = world.lines.all();
  return {
    program,
    ...(broken === undefined ? {} : { broken }),
    faults: world.counts,
    steps: steps.length,
    writes: world.ledger.writes.length,
    calls: world.links.reduce((sum, link) => sum + link.calls, 0),
    sentByTwo: world.links.reduce((sum, link) => sum + link.sentByTwo, 0),
    commits: world.devices.map(({ commits }) => commits),
    records: world.hub.holdings.records,
    virtualMs: world.clock.now - from,
    lines,
    fingerprint: hash(lines.join('\n')),
  };
}
