import type { EntityDefinition, FieldChange, Json, Operation, Patch, SyncRecord } from 'syncline';
import type { Random } from './random.js';

/** The writes of a collection, or of a transaction; which of the two it is, the simulator chooses. */
export interface SimulatedCollection<T extends object> {
  create(data: T): void;
  update(id: string, patch: Patch<T>): void;
  upsert(data: T): void;
  delete(id: string): void;
  increment(id: string, field: string, by?: number): void;
  add(id: string, field: string, members: readonly Json[]): void;
  remove(id: string, field: string, members: readonly Json[]): void;
}

/** Which write an act is. */
export interface ActContext {
  /** The record that it is about. */
  readonly id: string;
  /** Number of the write in its run: values made from it are made once. */
  readonly n: number;
  /** How many writes of this act were made to this record before. */
  readonly nth: number;
  /** Chance of this write's own: what is left out of a history moves no value of what stays. */
  readonly random: Random;
}

/** One thing that an application does to a record: exactly one write. */
export type Act<T extends object> = (collection: SimulatedCollection<T>, write: ActContext) => void;

/** How an application uses an entity. */
export interface SimulatedOptions<T extends object> {
  /** The data of a new record, its id included. */
  readonly create: (random: Random, id: string) => T;
  /** What an update makes of a record. Default: one field becomes what `create` would give it. */
  readonly edit?: (random: Random, record: T) => T;
  /**
   * What else the application does, by name. `create`, `update`, `upsert` and `delete` are there already: an act of
   * that name takes the place of it, and `false` leaves it out.
   */
  readonly acts?: Readonly<Record<string, Act<T> | false>>;
  /** Ids of the records, by their number from 0; a run has four at most. Default: `<entity>-<number>`. */
  readonly id?: (number: number) => string;
  /** Records that the server holds from the start. Default: none. */
  readonly initial?: readonly T[];
  /** Where conflicts are decided: at the server, or by the devices of a server that only compares. Default `server`. */
  readonly decidedBy?: 'server' | 'devices';
  /** What a person makes of a dead letter before it is sent again. Default: nothing. */
  readonly amend?: (operation: Operation, random: Random) => readonly FieldChange[];
}

/** An entity with what is done to it. Made by `simulated`. */
export interface SimulatedEntity {
  readonly definition: EntityDefinition;
  readonly acts: ReadonlyMap<string, Act<object>>;
  readonly idOf: (number: number) => string;
  readonly initial: readonly { readonly id: string; readonly data: SyncRecord['data'] }[];
  readonly decidedBy: 'server' | 'devices';
  /** What a person writes who settles a conflict by hand, from what this device shows. */
  readonly settle: (random: Random, id: string, shown: object | undefined) => object;
  readonly amend: ((operation: Operation, random: Random) => readonly FieldChange[]) | undefined;
}

/**
 * Says how an application uses an entity, for `simulate`. A schema tells what is valid, and not what people write, so
 * `create` is yours; the rest has defaults.
 *
 * @example
 * ```ts
 * import { defineEntity, merge, sum } from 'syncline';
 * import { simulate, simulated } from 'syncline/testing';
 * import { z } from 'zod';
 *
 * const jar = defineEntity({
 *   name: 'jar',
 *   schema: z.object({ id: z.string(), coins: z.number() }),
 *   strategy: merge({ fields: { '/coins': sum() } }),
 * });
 * const jars = simulated(jar, {
 *   create: (random, id) => ({ id, coins: random.int(10) }),
 *   edit: (random, { id, coins }) => ({ id, coins: coins + random.int(5) }),
 *   acts: { steal: (collection, { id }) => collection.increment(id, 'coins', -1), delete: false },
 * });
 * console.log((await simulate({ entities: [jars], seed: 1 })).broken); // undefined
 * ```
 */
export function simulated<T extends object>(
  definition: EntityDefinition<T>,
  options: SimulatedOptions<T>,
): SimulatedEntity {
  const { create, decidedBy = 'server', amend, initial = [] } = options;
  const { name, idField } = definition;
  const edit = options.edit ?? ((random, record) => withOneField(random, record, create, idField));
  const standard: Readonly<Record<string, Act<T>>> = {
    create: (collection, { id, random }) => collection.create(create(random, id)),
    upsert: (collection, { id, random }) => collection.upsert(create(random, id)),
    update: (collection, { id, random }) => collection.update(id, (record) => edit(random, record)),
    delete: (collection, { id }) => collection.delete(id),
  };
  const acts = Object.entries({ ...standard, ...options.acts }).flatMap(([act, run]) =>
    run === false ? [] : [[act, run] as const],
  );
  // The type of the data ends here: a run holds entities of many types side by side.
  return {
    definition: definition,
    acts: new Map(acts),
    idOf: options.id ?? ((number) => `${name}-${number}`),
    initial: initial.map((record) => withId(record, idField)),
    decidedBy,
    settle: (random, id, shown) => edit(random, (shown as T | undefined) ?? create(random, id)),
    amend,
  };
}

function withId(record: object, idField: string): SimulatedEntity['initial'][number] {
  const data = record as SyncRecord['data'];
  const id = data[idField];
  if (typeof id !== 'string') throw new TypeError(`an initial record has no '${idField}'`);
  return { id, data };
}

/** The record with one of its fields, or of those it lacks, as a new record would have it. */
function withOneField<T extends object>(
  random: Random,
  record: T,
  create: (random: Random, id: string) => T,
  idField: string,
): T {
  const { [idField]: id, ...fields } = create(
    random,
    String((record as Record<string, unknown>)[idField]),
  ) as Record<string, unknown>;
  const names = Object.keys(fields);
  if (names.length === 0) return record;
  const name = random.pick(names);
  return { ...record, [idField]: id, [name]: fields[name] };
}
