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
  type EntityDefinition,
  type Json,
} from 'syncline';

/** What every simulated record is made of. All fields but `id` may be absent. */
export interface Thing {
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

/** Incremented and added to only, so that sums and members tell how often each write took effect. Never deleted. */
export const tally = 'tally';

/** Unknown to the server, which compares clocks and leaves every decision to the replicas. */
export const alien = 'alien';

/** One entity for each way of deciding. */
export const catalogue: readonly EntityDefinition<Thing>[] = [
  entity(tally, lastWriteWins()),
  entity('fields', lastWriteWins()),
  entity('whole', lastWriteWins({ granularity: 'record' })),
  entity('client', clientWins()),
  entity('server', serverWins()),
  entity('rules', rules()),
  entity('person', manual()),
  entity('own', custom(decideByLength)),
  entity(alien, rules()),
];

function entity(name: string, strategy: ConflictStrategy): EntityDefinition<Thing> {
  return defineEntity<Thing>({ name, schema, strategy, indexes: ['/title'] });
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
