import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  clientWins,
  concat,
  custom,
  defineEntity,
  lastWriteWins,
  latest,
  list,
  manual,
  manualField,
  max,
  merge,
  min,
  remote,
  serverWins,
  sum,
  text,
  union,
  type ConflictStrategy,
  type Json,
} from 'syncline';
import {
  simulated,
  type Act,
  type Invariants,
  type Random,
  type SimulatedEntity,
  type SimulatedOptions,
} from 'syncline/testing';

/** What every simulated record is made of. All fields but `id` may be absent. */
interface Thing {
  readonly id: string;
  readonly title?: string;
  readonly place?: { readonly city?: string; readonly street?: string };
  readonly count?: number;
  readonly tags?: readonly string[];
  readonly notes?: string;
  readonly body?: string;
  readonly steps?: readonly { readonly id: string; readonly text: string }[];
  readonly low?: number;
  readonly high?: number;
  readonly hours?: number;
}

const fieldTypes: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: isText,
  title: isText,
  place: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText),
  count: isNumber,
  tags: (value) => Array.isArray(value) && value.every(isText),
  notes: isText,
  body: isText,
  steps: (value) => Array.isArray(value) && value.every((step) => typeof step === 'object' && step !== null),
  low: isNumber,
  high: isNumber,
  hours: isNumber,
};

/** Written out, because a schema library would be most of what a run does. `low` above `high` is refused. */
const schema: StandardSchemaV1<unknown, Thing> = {
  '~standard': {
    version: 1,
    vendor: 'syncline',
    validate(value) {
      if (typeof value !== 'object' || value === null) return { issues: [{ message: 'is no object' }] };
      const { id, low, high } = value as Thing;
      if (id === undefined) return { issues: [{ message: 'has no id' }] };
      for (const [key, held] of Object.entries(value)) {
        if (fieldTypes[key]?.(held) !== true) return { issues: [{ message: `wrong ${key}`, path: [key] }] };
      }
      if (low !== undefined && high !== undefined && low > high)
        return { issues: [{ message: 'low is above high' }] };
      return { value: value as Thing };
    },
  },
};

/** What an application does to a thing beside creating, renaming and deleting it. */
const acts: Readonly<Record<string, Act<Thing>>> = {
  nested: (things, { id, n }) =>
    things.update(id, (thing) => ({
      ...thing,
      place: { ...thing.place, [n % 2 === 0 ? 'city' : 'street']: `p${n}` },
    })),
  text: (things, { id, n }) =>
    things.update(id, (thing) => ({
      ...thing,
      notes: `${thing.notes ?? ''}\nn${n}`,
      body: edited(thing.body ?? '', n),
    })),
  items: (things, { id, n }) =>
    things.update(id, (thing) => ({
      ...thing,
      steps: [...(thing.steps ?? []).slice(n % 2), { id: `i${n}`, text: `x${n}` }],
    })),
  bounds: (things, { id, n }) => things.update(id, n % 2 === 0 ? { low: n % 15 } : { high: 10 + (n % 15) }),
  hours: (things, { id, n }) =>
    things.update(id, (thing) => ({ ...thing, hours: (thing.hours ?? 0) + (n % 5) - 2 })),
  unset: (things, { id }) => things.update(id, ({ title: _, ...thing }) => thing),
  increment: (things, { id }) => things.increment(id, 'count'),
  add: (things, { id, n }) => things.add(id, 'tags', [`w${n}`]),
  remove: (things, { id, n }) =>
    things.remove(id, 'tags', [`w${n - 1}`, `w${n - 2}`, `w${n - 3}`, `w${n - 4}`]),
};

const tally = defineEntity<Thing>({ name: 'tally', schema, strategy: lastWriteWins(), indexes: ['/title'] });

/** One entity for each way of deciding. */
export const catalogue: readonly SimulatedEntity[] = [
  tallies(),
  thing('fields', lastWriteWins()),
  thing('whole', lastWriteWins({ granularity: 'record' })),
  thing('client', clientWins()),
  thing('server', serverWins()),
  thing('rules', rules()),
  thing('person', manual()),
  thing('own', custom(decideByLength)),
  thing('alien', rules(), { decidedBy: 'devices' }),
];

/** Each increment is a power of two of its own, and each member is named after its write. */
export const invariants: Invariants = {
  'exactly-once': ({ at, records, writes }) => {
    if (at === 'commit') return undefined;
    for (const { id, count = 0, tags = [] } of records<Thing>(tally)) {
      let [expected, open] = [0n, 0n];
      for (const write of writes().filter((each) => each.entity === tally.name && each.id === id)) {
        const bit = BigInt(amountOf(write));
        if (write.act === 'increment' && write.fate === 'accepted') expected |= bit;
        if (write.act === 'increment' && write.fate === 'open') open |= bit;
        if (write.act !== 'add' || write.fate === 'open') continue;
        const times = tags.filter((tag) => tag === `w${write.n}`).length;
        if (times !== (write.fate === 'accepted' ? 1 : 0))
          return `${id} holds member w${write.n} ${times} times`;
      }
      if ((BigInt(count) & ~open) !== (expected & ~open))
        return `${id} counts ${count.toString(2)}, and the accepted increments are ${expected.toString(2)}`;
    }
    return undefined;
  },
};

/** Incremented and added to only, so that sums and members tell how often each write took effect. Never deleted. */
function tallies(): SimulatedEntity {
  return simulated(tally, {
    create: (_, id) => ({ id }),
    initial: Array.from({ length: 4 }, (_, at) => ({ id: `tally-${at}`, count: 0, tags: [] })),
    acts: {
      create: false,
      update: false,
      upsert: false,
      delete: false,
      increment: (things, write) => things.increment(write.id, 'count', amountOf(write)),
      add: (things, { id, n }) => things.add(id, 'tags', [`w${n}`]),
    },
  });
}

/** The next power of two: the sum then tells which increments are in it. 0 when all are used up. */
function amountOf({ nth }: { readonly nth: number }): number {
  return nth < 53 ? 2 ** nth : 0;
}

function thing(
  name: string,
  strategy: ConflictStrategy,
  options: Pick<SimulatedOptions<Thing>, 'decidedBy'> = {},
): SimulatedEntity {
  return simulated(defineEntity<Thing>({ name, schema, strategy, indexes: ['/title'] }), {
    ...options,
    create: (random, id) => created(random.int(1_000), id),
    edit: (random, { ...thing }) => ({ ...thing, title: titleOf(random) }),
    amend: ({ kind, changes }, random) =>
      kind === 'update' ? [{ path: '/title', action: 'set', value: titleOf(random) }] : changes,
    acts,
  });
}

function created(n: number, id: string): Thing {
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

function titleOf(random: Random): string {
  return `t${random.int(1_000_000)}`;
}

function edited(body: string, n: number): string {
  const words = body.split(' ');
  words.splice(n % (words.length + 1), n % 3, `b${n}`);
  return words.join(' ');
}

function rules(): ConflictStrategy {
  return merge({
    fields: {
      '/notes': concat(),
      '/body': text({ by: 'word' }),
      '/tags': union(),
      '/steps': list({ key: 'id' }),
      '/low': min(),
      '/high': max(),
      '/hours': sum(),
      '/place/city': remote(),
      '/place/street': manualField(),
    },
    otherwise: latest(),
  });
}

/** The longer title wins the record; two of one length are for a person. */
function decideByLength({
  fields,
}: {
  readonly fields: readonly { readonly local?: Json; readonly remote?: Json }[];
}) {
  const length = (side: 'local' | 'remote') =>
    JSON.stringify(fields.map((field) => field[side] ?? null)).length;
  const difference = length('local') - length('remote');
  return difference > 0 ? 'local' : difference < 0 ? 'remote' : 'conflict';
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}
