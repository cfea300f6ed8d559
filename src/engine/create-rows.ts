import { stampReplica } from '../causality/stamp.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Json } from '../contracts/json.js';
import type { OutboxEntry } from '../contracts/queue.js';
import type { Derivation, RowTemplate } from '../contracts/storage.js';
import { escapeSegment } from '../diff/pointer.js';

/** The rows of a created record, by places in the values that are its own: operation id, data, order, stamp, time. */
interface Templates {
  readonly replica: string;
  readonly record: RowTemplate;
  readonly entry: RowTemplate;
  /** Of an operation in a transaction, whose mark is the last value. */
  readonly groupedEntry: RowTemplate;
}

/** The same objects for each write of a replica: by that a storage sees that rows have a template in common. */
const known = new WeakMap<EntityDefinition, Templates>();

/** How both rows follow from an entry that creates a record, or `undefined` where the entry says more than that. */
export function derivationsOf(
  definition: EntityDefinition,
  { operation, order, enqueuedAt, absorbed }: OutboxEntry,
): { readonly record: Derivation; readonly entry: Derivation } | undefined {
  const [change] = operation.changes;
  const { id, kind, clock, stamp, transaction } = operation;
  const isPlain =
    absorbed === undefined && Object.keys(operation).length === (transaction === undefined ? 8 : 9);
  const isFirst = Object.keys(clock).length === 1;
  if (kind !== 'create' || !isPlain || !isFirst || change?.value === undefined) return undefined;
  const templates = templatesOf(definition, stampReplica(stamp));
  const from: Json[] = [id, change.value, order, stamp, enqueuedAt];
  if (transaction !== undefined) from.push({ ...transaction });
  const entry = transaction === undefined ? templates.entry : templates.groupedEntry;
  return { record: { from, by: templates.record }, entry: { from, by: entry } };
}

function templatesOf(definition: EntityDefinition, replica: string): Templates {
  let templates = known.get(definition);
  if (templates?.replica !== replica) known.set(definition, (templates = makeTemplates(definition, replica)));
  return templates;
}

function makeTemplates({ name, idField, version }: EntityDefinition, replica: string): Templates {
  const id = `/1/${escapeSegment(idField)}`;
  const both = { entity: name, clock: { [replica]: '/2' }, stamp: '/3' };
  const operation = {
    id: '/0',
    ...both,
    entityId: id,
    kind: 'create',
    changes: [{ path: '', action: 'set', value: '/1' }],
    schemaVersion: version,
  };
  const entry = { state: 'pending', order: '/2', enqueuedAt: '/4', attempts: 0 };
  return {
    replica,
    record: { id, value: { view: { id, ...both, data: '/1', version: 0 }, base: null, pending: ['/0'] } },
    entry: { id: '/0', value: { operation, ...entry } },
    groupedEntry: { id: '/0', value: { operation: { ...operation, transaction: '/5' }, ...entry } },
  };
}
