import type { FaultKind } from './faults.js';
import { finish } from './finish.js';
import type { Invariants } from './invariants.js';
import { perform } from './perform.js';
import { deriveProgram, type Program } from './program.js';
import { shrink } from './shrink.js';
import type { SimulatedEntity } from './simulated.js';
import type { Profile } from './steps.js';
import type { StorageFactory } from './storage.js';
import type { Verdict } from './verdict.js';
import { World } from './world.js';

/** What is simulated. Only `entities` has no default. */
export interface SimulateOptions {
  /** Your entities, each with what your application does to it. */
  readonly entities: readonly SimulatedEntity[];
  /** What must hold in your application, by name, after each commit of the server and at the end. Default: nothing more. */
  readonly invariants?: Invariants;
  /** Which of all histories. Equal options and seeds give equal runs. Default 1. */
  readonly seed?: number;
  /** What happens in a history: writes, faults, and what people do. Default 150. */
  readonly steps?: number;
  /** Devices, each with a store of its own. Default: 1 to 4, as the seed says. */
  readonly replicas?: number;
  /** Tabs of each device, over one store. Default: 1 to 3, as the seed says. */
  readonly tabs?: number;
  /** Kinds of faults that may strike; see `faultKinds`. Default: some of all, as the seed says. */
  readonly faults?: readonly FaultKind[];
  /** Where devices keep their data. Default: a log in memory, the only one with faults inside of it. */
  readonly storage?: StorageFactory;
  /** Fixes what else the seed would say. */
  readonly profile?: Partial<Profile>;
  /** Keeps the timeline also where all is well. Default false. */
  readonly trace?: boolean;
  /** Looks for the smallest part of a history that breaks the same promise. Costs up to 400 more runs. Default true. */
  readonly shrink?: boolean;
}

/**
 * Runs one history of your application and looks for what goes wrong in it: real clients against a real server, with
 * everything around them under control: clocks, timers, chance, the network, the disks, and when each of them fails.
 *
 * Watched are the promises of Syncline (`promiseNames`) and your own invariants. A broken history is made as small as
 * possible, and told as a timeline; `timelineText` and `timelineHtml` show it. Equal options give equal runs. It
 * rejects for a mistake in the options, never for a broken promise.
 *
 * @example
 * ```ts
 * import { defineEntity, merge, rule } from 'syncline';
 * import { simulate, simulated } from 'syncline/testing';
 * import { z } from 'zod';
 *
 * const jar = defineEntity({
 *   name: 'jar',
 *   schema: z.object({ id: z.string(), coins: z.number() }),
 *   // Wrong: where both sides took a coin, one of the two is there again.
 *   strategy: merge({ fields: { '/coins': rule('fewer', ({ local, remote }) => Math.min(Number(local), Number(remote))) } }),
 * });
 * const { broken } = await simulate({
 *   entities: [
 *     simulated(jar, {
 *       create: (_, id) => ({ id, coins: 0 }),
 *       initial: [{ id: 'jar-0', coins: 100 }],
 *       edit: (_, { id, coins }) => ({ id, coins: coins - 1 }),
 *       acts: { create: false, upsert: false, delete: false },
 *       id: () => 'jar-0',
 *     }),
 *   ],
 *   invariants: {
 *     'each coin is taken once': ({ records, writes }) => {
 *       const taken = writes().filter(({ fate }) => fate === 'accepted').length;
 *       const left = records(jar)[0]?.coins;
 *       return left === 100 - taken ? undefined : `${taken} were taken, and ${left} are left`;
 *     },
 *   },
 *   replicas: 2,
 *   faults: [],
 *   seed: 1,
 * });
 * console.log(broken?.promise); // each coin is taken once
 * ```
 */
export async function simulate(options: SimulateOptions): Promise<Verdict> {
  return replay(options, deriveProgram(options));
}

/**
 * Runs a history that was found before: the `program` of a verdict, which is plain data and can be kept in a file.
 *
 * Of the options count `entities`, `invariants`, `storage`, `trace` and `shrink`; the program says the rest.
 */
export async function replay(options: SimulateOptions, program: Program): Promise<Verdict> {
  const verdict = await run(options, program);
  return verdict.broken === undefined || options.shrink === false
    ? verdict
    : shrink(verdict, (smaller) => run({ ...options, trace: true }, smaller));
}

async function run(options: SimulateOptions, program: Program): Promise<Verdict> {
  const { entities, invariants = {}, storage, trace = false } = options;
  if (entities.length === 0) throw new TypeError('simulate: there are no entities');
  const world = new World(program, { entities, invariants, storage, trace });
  const from = world.clock.now;
  await world.begin();
  for (const step of program.steps) {
    await world.pass(step.waitMs);
    perform(world, step);
    await world.settle();
    if (world.broken.length > 0) break;
  }
  if (world.broken.length === 0) await finish(world);
  const timeline = world.timeline.all();
  await world.end();
  const [broken] = world.broken;
  return {
    seed: program.seed,
    ...(broken === undefined ? {} : { broken }),
    program,
    timeline,
    faults: world.counts,
    steps: program.steps.length,
    writes: world.ledger.writes.length,
    calls: world.links.reduce((sum, link) => sum + link.calls, 0),
    sentByTwo: world.links.reduce((sum, link) => sum + link.sentByTwo, 0),
    commits: world.devices.map(({ commits }) => commits),
    records: world.hub.holdings.records,
    virtualMs: world.clock.now - from,
  };
}
