import { nextStamp, laterStamp } from '../causality/stamp.js';
import { withCounter } from '../causality/vector.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Json, JsonObject } from '../contracts/json.js';
import type { FieldChange, Operation, SyncRecord } from '../contracts/operation.js';
import { contentHash, equalJson } from '../diff/canonical.js';
import { applyChanges, diffData } from '../diff/diff.js';
import { toJson } from '../diff/json.js';
import { lookup } from '../diff/pointer.js';
import { SyncError } from '../errors.js';
import { exceedsBytesAsJson } from '../protocol/interior.js';
import { operationBytesDefault } from '../protocol/wire.js';
import { ruleFor } from '../resolve/concurrent.js';
import { parseData, schemaProblem } from '../resolve/define-entity.js';
import type { ReplicaRow } from './rows.js';

/** What an application asks for, before it is an operation. */
export type Intent = {
  readonly definition: EntityDefinition;
  readonly options?: WriteOptions | undefined;
} & (
  | { readonly kind: 'create'; readonly id: string; readonly data: JsonObject }
  /** `next` computes the whole new data from the present one. */
  | { readonly kind: 'update'; readonly id: string; readonly next: (data: JsonObject) => unknown }
  /** Creates what is not there, and updates what is. */
  | { readonly kind: 'upsert'; readonly id: string; readonly data: JsonObject }
  /** One commutative change: `increment`, `add`, `remove`. */
  | { readonly kind: 'change'; readonly id: string; readonly change: FieldChange }
  | { readonly kind: 'delete'; readonly id: string }
);

/** What a write may say beside its data. */
export interface WriteOptions {
  /** Ids of operations that must be accepted before this one. */
  readonly dependsOn?: readonly string[];
  /** Larger goes first. Default: the entity's. */
  readonly priority?: number;
  /** Travels with the operation; for your server and your logs. */
  readonly meta?: JsonObject;
}

/** What a server takes by default, less room for what surrounds the changes. */
const changesBytesMax = operationBytesDefault - 4 * 1_024;

/** What an intent comes to on the present view. No changes: nothing is to be written. */
export interface Draft {
  readonly kind: Operation['kind'];
  readonly changes: readonly FieldChange[];
}

/** A base longer than this travels as its hash, where no rule needs the text. */
const baseHashedFrom = 1_024;

/**
 * Validates an intent against the schema and the view. Throws `SyncError` `validation`, `not-found`, `conflict`, or
 * `limit` for more than a server takes in one operation.
 */
export function draft(intent: Intent, view: SyncRecord | undefined): Draft {
  const drafted = draftChanges(intent, view);
  if (exceedsBytesAsJson(drafted.changes, changesBytesMax)) {
    throw new SyncError(
      'limit',
      `${intent.definition.name} ${intent.id}: more than ${changesBytesMax} bytes in one write`,
      {
        hint: 'Nothing was stored. Split the record, or keep large content elsewhere and its address here.',
      },
    );
  }
  return drafted;
}

function draftChanges(intent: Intent, view: SyncRecord | undefined): Draft {
  const { definition, id } = intent;
  const live = view?.deleted === undefined ? view : undefined;
  if (intent.kind === 'create' && live !== undefined) {
    throw new SyncError('conflict', `${definition.name} ${id} exists already`, {
      hint: 'Use update or upsert.',
    });
  }
  if (intent.kind === 'create' || (intent.kind === 'upsert' && live === undefined)) {
    return { kind: 'create', changes: [{ path: '', action: 'set', value: accept(intent, intent.data) }] };
  }
  if (live === undefined) throw new SyncError('not-found', `${definition.name} ${id} does not exist`);
  if (intent.kind === 'delete') {
    return { kind: 'delete', changes: [{ path: '', action: 'unset', baseHash: contentHash(live.data) }] };
  }
  if (intent.kind === 'change') {
    const accepted = accept(intent, applyChanges(live.data, [intent.change]));
    const { path } = intent.change;
    if ([live.data, accepted].every((data) => lookup(data, path).value === undefined))
      throw new SyncError('validation', `${definition.name}: the schema has no field ${path}`);
    return { kind: 'update', changes: [intent.change] };
  }
  const given = intent.kind === 'upsert' ? intent.data : toJson(intent.next(live.data));
  const accepted = accept(intent, given);
  const wanted = intent.kind === 'upsert' ? { ...live.data, ...intent.data } : given;
  const ruled = definition.strategy.fields;
  const changes = diffData(live.data, accepted, (path) => Object.hasOwn(ruled, path));
  const authored = withoutTidying(definition, changes, { before: live.data, wanted, accepted });
  return { kind: 'update', changes: authored.map((change) => shrinkBase(definition, change)) };
}

/**
 * The changes that somebody asked for. A schema gives out what it knows, and no more; that alone must not remove the
 * fields which a newer version of the application wrote.
 */
function withoutTidying(
  definition: EntityDefinition,
  changes: readonly FieldChange[],
  {
    before,
    wanted,
    accepted,
  }: { readonly before: JsonObject; readonly wanted: Json; readonly accepted: JsonObject },
): readonly FieldChange[] {
  const isSame = (path: string, a: Json | undefined, b: Json | undefined) =>
    equalJson(lookup(a, path).value, lookup(b, path).value);
  const isTidying = ({ path, base }: FieldChange) => base !== undefined && isSame(path, before, wanted);
  if (!changes.some(isTidying)) return changes;
  // What the schema itself refuses is replaced as a whole: a part of it might stay refused.
  if (schemaProblem(definition, before) !== undefined) return changes;
  const known = toJson(parseData(definition, before));
  return changes.filter((change) => !isTidying(change) || !isSame(change.path, known, accepted));
}

/** Data as the schema gives it out, as plain JSON that nobody else holds. Throws `SyncError` `validation`. */
export function accept({ definition, id }: Pick<Intent, 'definition' | 'id'>, data: Json): JsonObject {
  definition.local?.refuse(definition.name, data);
  const json = toJson(parseData(definition, data), { copies: true });
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new SyncError('validation', `${definition.name} ${id}: data must be an object`);
  }
  // A schema may have defaults for what is not here.
  const object = definition.local?.kept({ data: json as JsonObject }).data ?? (json as JsonObject);
  if (object[definition.idField] !== id) {
    throw new SyncError(
      'validation',
      `${definition.name} ${id}: '${definition.idField}' must stay the record's id`,
    );
  }
  return object;
}

/** The change with the hash of what its author saw, where that is long and no rule reads it. */
export function shrinkBase(definition: EntityDefinition, change: FieldChange): FieldChange {
  const { base, ...rest } = change;
  if (base === undefined || typeof base === 'number' || typeof base === 'boolean' || base === null)
    return change;
  const length = typeof base === 'string' ? base.length : JSON.stringify(base).length;
  if (length <= baseHashedFrom || ruleFor(definition, change.path).needsBase) return change;
  return { ...rest, baseHash: contentHash(base) };
}

/** The next operation of a replica, and the replica's row after it. */
export function author(
  replica: ReplicaRow,
  draft: Draft,
  {
    definition,
    id,
    view,
    now,
    uuid,
    options = {},
  }: {
    readonly definition: EntityDefinition;
    readonly id: string;
    readonly view: SyncRecord | undefined;
    readonly now: number;
    readonly uuid: string;
    readonly options?: WriteOptions | undefined;
  },
): { readonly operation: Operation; readonly replica: ReplicaRow } {
  const counter = replica.counter + 1;
  const last = view === undefined ? replica.stamp : laterStamp(replica.stamp ?? view.stamp, view.stamp);
  const stamp = nextStamp(last, now, replica.replica);
  const priority = options.priority ?? definition.sync.priority;
  const operation: { -readonly [K in keyof Operation]: Operation[K] } = {
    id: uuid,
    entity: definition.name,
    entityId: id,
    kind: draft.kind,
    changes: draft.changes,
    clock: withCounter(view?.clock ?? {}, replica.replica, counter),
    stamp,
    schemaVersion: definition.version,
  };
  if (options.dependsOn !== undefined) operation.dependsOn = options.dependsOn;
  if (priority !== 0) operation.priority = priority;
  if (options.meta !== undefined) operation.meta = toJson(options.meta) as JsonObject;
  return { operation, replica: { ...replica, counter, stamp } };
}

/** The error of a write that depends on a dead letter. */
export function hopeless(because: string): SyncError {
  return new SyncError('rejected', `depends on ${because}, which was refused`, {
    hint: 'Settle that dead letter first: client.outbox.retry, edit or discard.',
    details: { because },
  });
}
