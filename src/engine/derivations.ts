import type { EntityDefinition } from '../contracts/entity.js';
import type { Json } from '../contracts/json.js';
import type { OutboxEntry } from '../contracts/queue.js';
import type { Derivation, RowTemplate } from '../contracts/storage.js';
import { escapeSegment } from '../diff/pointer.js';

/** What a create makes, by places in its data, clock, stamp, operation id, order, time, and mark where it is in a transaction. */
interface Templates {
  /** How many fields an operation has that can be made again: one more would be lost. */
  readonly fieldCount: number;
  readonly record: RowTemplate;
  readonly entry: RowTemplate;
  readonly grouped: RowTemplate;
}

/** The same objects for all rows: by that a storage sees that they have a template in common. */
const known = new WeakMap<EntityDefinition, Templates>();

/** How both rows follow from an entry that creates a record, or `undefined` where the entry says more than that. */
export function derivationsOf(
  definition: EntityDefinition,
  { operation, order, enqueuedAt, absorbed }: OutboxEntry,
): { readonly record: Derivation; readonly entry: Derivation } | undefined {
  const [change] = operation.changes;
  const { id, kind, clock, stamp, transaction } = operation;
  if (kind !== 'create' || absorbed !== undefined || change?.value === undefined) return undefined;
  const { fieldCount, record, entry, grouped } = templatesOf(definition);
  if (Object.keys(operation).length !== fieldCount + (transaction === undefined ? 0 : 1)) return undefined;
  const from: Json[] = [change.value, clock, stamp, id, order, enqueuedAt];
  if (transaction !== undefined) from.push({ ...transaction });
  return { record: { from, by: record }, entry: { from, by: transaction === undefined ? entry : grouped } };
}

function templatesOf(definition: EntityDefinition): Templates {
  let templates = known.get(definition);
  if (templates === undefined) known.set(definition, (templates = makeTemplates(definition)));
  return templates;
}

function makeTemplates({ name, idField, version }: EntityDefinition): Templates {
  const id = `/0/${escapeSegment(idField)}`;
  const both = { entity: name, clock: '/1', stamp: '/2' };
  const operation = {
    ...both,
    id: '/3',
    entityId: id,
    kind: 'create',
    changes: [{ path: '', action: 'set', value: '/0' }],
    schemaVersion: version,
  };
  const entry = { operation, state: 'pending', order: '/4', enqueuedAt: '/5', attempts: 0 };
  return {
    fieldCount: Object.keys(operation).length,
    record: { id, value: { view: { ...both, id, data: '/0', version: 0 }, base: null, pending: ['/3'] } },
    entry: { id: '/3', value: entry },
    grouped: { id: '/3', value: { ...entry, operation: { ...operation, transaction: '/6' } } },
  };
}
