import type { Receipt, SyncClient, WriteOptions } from 'syncline';
import type { Tab } from './device.js';
import type { Ledger, Write } from './ledger.js';
import { createRandom } from './random.js';
import type { Act, SimulatedEntity } from './simulated.js';
import type { WriteStep } from './steps.js';

/** What it takes to make a write. */
export interface Desk {
  readonly seed: number;
  readonly ledger: Ledger;
  readonly entityOf: (name: string) => SimulatedEntity;
}

/** Does what a step says, and keeps its promise in the ledger. */
export function performWrite(tab: Tab, client: SyncClient, step: WriteStep, desk: Desk): Promise<void> {
  const [write] = begin(tab, [step], desk);
  const collection = client.collection(desk.entityOf(step.entity).definition);
  return issue(() => doOnce(collection, write, optionsOf(tab, step, desk), desk) as Promise<Receipt>).then(
    ({ operationId }) => resolved(tab, write, operationId),
    (error: unknown) => rejected(write, error),
  );
}

/** Several writes with one fate. */
export function performGroup(
  tab: Tab,
  client: SyncClient,
  steps: readonly WriteStep[],
  desk: Desk,
): Promise<void> {
  const writes = begin(tab, steps, desk);
  const written = client.transaction((tx) => {
    for (const write of writes) {
      const collection = tx.collection(desk.entityOf(write.step.entity).definition);
      doOnce(collection, write, optionsOf(tab, write.step, desk), desk);
    }
  });
  return written.then(
    (receipts: readonly Receipt[]) =>
      writes.forEach((write, at) => resolved(tab, write, receipts[at]?.operationId)),
    (error: unknown) => writes.forEach((write) => rejected(write, error)),
  );
}

function begin(tab: Tab, [first, ...rest]: readonly WriteStep[], { ledger }: Desk): [Write, ...Write[]] {
  if (first === undefined) throw new Error('there is nothing to write');
  const toWrite = (step: WriteStep): Write => ({
    step,
    device: tab.device.index,
    nth: ledger.nextOf(step),
    state: 'issued',
    operationId: undefined,
  });
  const writes: [Write, ...Write[]] = [toWrite(first), ...rest.map(toWrite)];
  ledger.writes.push(...writes);
  return writes;
}

async function issue<T>(call: () => Promise<T>): Promise<T> {
  return call();
}

function resolved(tab: Tab, write: Write, operationId: string | undefined): void {
  write.state = 'resolved';
  write.operationId = operationId;
  tab.lastOperation = operationId ?? tab.lastOperation;
}

function rejected(write: Write, error: unknown): void {
  write.error = error;
  write.state = (error as { readonly code?: string }).code === 'internal' ? 'unknown' : 'rejected';
}

/** Nothing is made to follow what was given up: it would wait for ever, as it was told to. */
function optionsOf(tab: Tab, { refuse, priority, depends }: WriteStep, { ledger }: Desk): WriteOptions {
  const last = tab.lastOperation;
  const follows = depends !== undefined && last !== undefined && !ledger.wasGivenUp(last);
  return {
    ...(refuse === undefined ? {} : { meta: { refuse: true } }),
    ...(priority === undefined ? {} : { priority }),
    ...(follows ? { dependsOn: [last] } : {}),
  };
}

/** The methods that a collection and one inside a transaction share. */
interface Target {
  create(data: object, options: WriteOptions): unknown;
  update(
    id: string,
    patch: Parameters<Parameters<Act<object>>[0]['update']>[1],
    options: WriteOptions,
  ): unknown;
  upsert(data: object, options: WriteOptions): unknown;
  delete(id: string, options: WriteOptions): unknown;
  increment(id: string, field: string, by: number | undefined, options: WriteOptions): unknown;
  add(...args: [...Parameters<Parameters<Act<object>>[0]['add']>, WriteOptions]): unknown;
  remove(...args: [...Parameters<Parameters<Act<object>>[0]['remove']>, WriteOptions]): unknown;
}

/** Lets an act make its one write; answers what that returned. */
function doOnce(target: Target, { step, nth }: Write, options: WriteOptions, desk: Desk): unknown {
  const { id, n, entity, act } = step;
  const run = desk.entityOf(entity).acts.get(act);
  if (run === undefined) throw new TypeError(`${entity} has no act '${act}'`);
  const made: unknown[] = [];
  run(
    {
      create: (data) => void made.push(target.create(data, options)),
      update: (of, patch) => void made.push(target.update(of, patch, options)),
      upsert: (data) => void made.push(target.upsert(data, options)),
      delete: (of) => void made.push(target.delete(of, options)),
      increment: (of, field, by) => void made.push(target.increment(of, field, by, options)),
      add: (of, field, members) => void made.push(target.add(of, field, members, options)),
      remove: (of, field, members) => void made.push(target.remove(of, field, members, options)),
    },
    { id, n, nth, random: createRandom(`${desk.seed}/write ${n}`) },
  );
  if (made.length !== 1)
    throw new TypeError(`the act '${act}' of ${entity} makes ${made.length} writes, not one`);
  return made[0];
}
