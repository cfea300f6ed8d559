import type {
  Collection,
  EntityDefinition,
  Receipt,
  SyncClient,
  TransactionCollection,
  WriteOptions,
} from 'syncline';
import { catalogue, tally, type Thing } from './catalogue.js';
import type { Tab } from './device.js';
import type { Ledger, Write } from './ledger.js';
import type { WriteStep } from './steps.js';

const definitions = new Map<string, EntityDefinition<Thing>>(catalogue.map((each) => [each.name, each]));

export function definitionOf(entity: string): EntityDefinition<Thing> {
  const definition = definitions.get(entity);
  if (definition === undefined) throw new Error(`the catalogue has no ${entity}`);
  return definition;
}

/** Does what a step says, and keeps its promise in the ledger. */
export function performWrite(tab: Tab, client: SyncClient, step: WriteStep, ledger: Ledger): Promise<void> {
  const [write] = begin(tab, [step], ledger);
  const collection = client.collection(definitionOf(step.entity));
  const options = optionsOf(tab, step, ledger);
  const written =
    write === undefined ? Promise.reject(new Error('no write')) : call(collection, write, options);
  return written.then(
    async ({ operationId }) => {
      resolved(tab, write, operationId);
      if (write !== undefined) write.seen = await collection.get(step.id);
    },
    (error: unknown) => rejected(write, error),
  );
}

/** Several writes with one fate. */
export function performGroup(
  tab: Tab,
  client: SyncClient,
  steps: readonly WriteStep[],
  ledger: Ledger,
): Promise<void> {
  const writes = begin(tab, steps, ledger);
  const written = client.transaction((tx) => {
    for (const write of writes)
      record(tx.collection(definitionOf(write.step.entity)), write, optionsOf(tab, write.step, ledger));
  });
  return written.then(
    (receipts: readonly Receipt[]) =>
      writes.forEach((write, at) => resolved(tab, write, receipts[at]?.operationId)),
    (error: unknown) => writes.forEach((write) => rejected(write, error)),
  );
}

function begin(tab: Tab, steps: readonly WriteStep[], ledger: Ledger): Write[] {
  const writes = steps.map((step): Write => {
    const amount = step.entity === tally && step.act === 'increment' ? ledger.nextAmount(step.id) : 1;
    return { step, device: tab.device.index, state: 'issued', operationId: undefined, amount };
  });
  ledger.writes.push(...writes);
  return writes;
}

function resolved(tab: Tab, write: Write | undefined, operationId: string | undefined): void {
  if (write === undefined) return;
  write.state = 'resolved';
  write.operationId = operationId;
  tab.lastOperation = operationId ?? tab.lastOperation;
}

function rejected(write: Write | undefined, error: unknown): void {
  if (write === undefined) return;
  write.error = error;
  write.state = (error as { readonly code?: string }).code === 'internal' ? 'unknown' : 'rejected';
}

/** Nothing is made to follow what was given up: it would wait for ever, as it was told to. */
function optionsOf(tab: Tab, { refuse, priority, depends }: WriteStep, ledger: Ledger): WriteOptions {
  const last = tab.lastOperation;
  const follows = depends !== undefined && last !== undefined && !ledger.wasGivenUp(last);
  return {
    ...(refuse === undefined ? {} : { meta: { refuse: true } }),
    ...(priority === undefined ? {} : { priority }),
    ...(follows ? { dependsOn: [last] } : {}),
  };
}

function call(things: Collection<Thing>, { step, amount }: Write, options: WriteOptions): Promise<Receipt> {
  const { id, act, n } = step;
  switch (act) {
    case 'create':
      return things.create(created(step), options);
    case 'upsert':
      return things.upsert(created(step), options);
    case 'increment':
      return things.increment(id, 'count', amount, options);
    case 'add':
      return things.add(id, 'tags', [`w${n}`], options);
    case 'remove':
      return things.remove(id, 'tags', [`w${n - 1}`, `w${n - 2}`, `w${n - 3}`, `w${n - 4}`], options);
    case 'delete':
      return things.delete(id, options);
    default:
      return things.update(id, changed(step), options);
  }
}

function record(things: TransactionCollection<Thing>, { step, amount }: Write, options: WriteOptions): void {
  const { id, act, n } = step;
  switch (act) {
    case 'create':
      return void things.create(created(step), options);
    case 'upsert':
      return void things.upsert(created(step), options);
    case 'increment':
      return things.increment(id, 'count', amount, options);
    case 'add':
      return things.add(id, 'tags', [`w${n}`], options);
    case 'remove':
      return things.remove(id, 'tags', [`w${n - 1}`, `w${n - 2}`, `w${n - 3}`, `w${n - 4}`], options);
    case 'delete':
      return things.delete(id, options);
    default:
      return things.update(id, changed(step), options);
  }
}

function created({ id, n }: WriteStep): Thing {
  return {
    id,
    title: `t${n}`,
    place: { city: `c${n}`, street: `s${n}` },
    count: 0,
    tags: [`w${n}`],
    body: `one two ${n}`,
    ...(n % 3 === 0 ? { notes: `n${n}`, steps: [{ id: `i${n}`, text: 'made' }] } : {}),
  };
}

/** New data made from what is there. */
function changed({ act, n }: WriteStep): (draft: Thing) => Thing {
  switch (act) {
    case 'nested':
      return (draft) => ({ ...draft, place: { ...draft.place, [n % 2 === 0 ? 'city' : 'street']: `p${n}` } });
    case 'text':
      return (draft) => ({
        ...draft,
        notes: `${draft.notes ?? ''}\nn${n}`,
        body: edited(draft.body ?? '', n),
      });
    case 'items':
      return (draft) => ({
        ...draft,
        steps: [...(draft.steps ?? []).slice(n % 2), { id: `i${n}`, text: `x${n}` }],
      });
    case 'bounds':
      return (draft) => ({ ...draft, [n % 2 === 0 ? 'low' : 'high']: n % 2 === 0 ? n % 15 : 10 + (n % 15) });
    case 'hours':
      return (draft) => ({ ...draft, hours: (draft.hours ?? 0) + (n % 5) - 2 });
    case 'unset':
      return ({ title: _, ...draft }) => draft;
    default:
      return (draft) => ({ ...draft, title: `t${n}` });
  }
}

function edited(body: string, n: number): string {
  const words = body.split(' ');
  words.splice(n % (words.length + 1), n % 3, `b${n}`);
  return words.join(' ');
}
