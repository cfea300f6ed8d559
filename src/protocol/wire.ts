import * as z from 'zod/mini';
import type { Json, JsonObject } from '../contracts/json.js';
import type {
  Decision,
  FieldChange,
  FieldConflict,
  Operation,
  SyncRecord,
  VersionVector,
} from '../contracts/operation.js';
import type {
  OperationResult,
  PullAnswer,
  PullRequest,
  PushAnswer,
  RecordChange,
  WireRefusal,
} from '../contracts/transport.js';
import { isObject, isSafeName, isSafePointer } from './interior.js';

/*
 * Shapes of everything that crosses the wire. Values inside (`data`, `value`, `meta` …) are checked by
 * `interiorProblem` before these look at them, so that `z.custom` can let them pass.
 */

const json = z.custom<Json>((value) => value !== undefined);
const jsonObject = z.custom<JsonObject>(isObject);
const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max));
const counter = z.int().check(z.positive());
const natural = z.int().check(z.nonnegative());

export const entityName = z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/));
export const recordId = text(256);
export const operationId = z.string().check(z.regex(/^[\w.:-]{1,64}$/));
const replicaId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/), z.refine(isSafeName, 'reserved name'));
export const space = text(128);
const stamp = z.string().check(z.regex(/^[0-9a-f]{12}-[0-9a-f]{4}-[A-Za-z0-9_-]{1,64}$/));
const path = z.string().check(z.maxLength(4096), z.refine(isSafePointer, 'not a safe JSON Pointer'));

const clock = z.custom<VersionVector>((value) => {
  if (!isObject(value)) return false;
  return Object.entries(value as object).every(
    ([replica, count]) => isSafeName(replica) && Number.isSafeInteger(count) && (count as number) > 0,
  );
});
const stamps = z.custom<Readonly<Record<string, string>>>(
  (value) =>
    isObject(value) &&
    Object.entries(value as object).every(([key, held]) => isSafePointer(key) && typeof held === 'string'),
);

const decision: z.ZodMiniType<Decision> = z.object({
  path,
  operationId,
  replica: replicaId,
  remoteReplica: z.exactOptional(replicaId),
  base: z.exactOptional(json),
  local: z.exactOptional(json),
  remote: z.exactOptional(json),
  result: z.exactOptional(json),
  winner: z.enum(['local', 'remote', 'both']),
  rule: text(128),
  why: z.string(),
});
const decisions = z.exactOptional(z.array(decision));

const fieldChange: z.ZodMiniType<FieldChange> = z.object({
  path,
  action: z.enum(['set', 'unset', 'increment', 'add', 'remove', 'merge']),
  value: z.exactOptional(json),
  base: z.exactOptional(json),
  baseHash: z.exactOptional(text(128)),
});

/** What must be readable for an operation to be answered at all. */
export const operationHead = z.object({ id: operationId, entity: entityName, entityId: recordId });

export const operation: z.ZodMiniType<Operation> = z.object({
  id: operationId,
  entity: entityName,
  entityId: recordId,
  kind: z.enum(['create', 'update', 'delete']),
  changes: z.array(fieldChange),
  clock,
  stamp,
  schemaVersion: counter,
  dependsOn: z.exactOptional(z.array(operationId)),
  transaction: z.exactOptional(z.object({ id: text(64), size: counter })),
  priority: z.exactOptional(z.number()),
  replaces: z.exactOptional(operationId),
  decisions,
  meta: z.exactOptional(jsonObject),
});

const record: z.ZodMiniType<SyncRecord> = z.object({
  entity: entityName,
  id: recordId,
  data: jsonObject,
  version: natural,
  clock,
  stamp,
  stamps: z.exactOptional(stamps),
  deleted: z.exactOptional(z.literal(true)),
  decisions,
});

const cursor = z.string().check(z.maxLength(64 * 1024));

/** A push whose operations were not looked into yet. */
export const pushEnvelope = z.object({
  replica: replicaId,
  space: z.exactOptional(space),
  cursor: z.exactOptional(cursor),
  operations: z.array(z.unknown()),
});

export const pullRequest: z.ZodMiniType<PullRequest> = z.object({
  replica: replicaId,
  space: z.exactOptional(space),
  cursor: z.exactOptional(cursor),
  entities: z.exactOptional(z.array(entityName).check(z.maxLength(1024))),
  limit: counter,
});

const envelope = { serverTime: natural, epoch: text(128) };

const fieldConflict: z.ZodMiniType<FieldConflict> = z.object({
  path,
  base: z.exactOptional(json),
  local: z.exactOptional(json),
  remote: z.exactOptional(json),
});

const result: z.ZodMiniType<OperationResult> = z.discriminatedUnion('status', [
  z.object({
    id: operationId,
    status: z.literal('accepted'),
    outcome: z.enum(['applied', 'merged', 'superseded', 'duplicate']),
    record: z.exactOptional(record),
    version: natural,
    decisions,
  }),
  z.object({
    id: operationId,
    status: z.literal('conflict'),
    conflictId: z.exactOptional(text(128)),
    record,
    fields: z.array(fieldConflict),
  }),
  z.object({
    id: operationId,
    status: z.literal('rejected'),
    code: text(64),
    message: z.string(),
    details: z.exactOptional(jsonObject),
  }),
  z.object({
    id: operationId,
    status: z.literal('retry'),
    code: text(64),
    afterMs: z.exactOptional(natural),
  }),
  z.object({ id: operationId, status: z.literal('blocked'), by: operationId }),
]);

export const pushAnswer: z.ZodMiniType<PushAnswer> = z.object({
  ...envelope,
  results: z.array(result),
  cursor: z.exactOptional(cursor),
});

const target = { entity: entityName, id: recordId };
const state = { ...target, version: natural, clock, stamp };

const change: z.ZodMiniType<RecordChange> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('put'), record }),
  z.object({
    kind: z.literal('patch'),
    ...state,
    set: z.array(z.object({ path, value: json })),
    unset: z.array(path),
    stamps: z.exactOptional(stamps),
    decisions,
  }),
  z.object({ kind: z.literal('delete'), ...state }),
  z.object({ kind: z.literal('remove'), ...target }),
]);

export const pullAnswer: z.ZodMiniType<PullAnswer> = z.object({
  ...envelope,
  changes: z.array(change),
  cursor: z.string(),
  more: z.union([z.literal(false), counter, z.literal('unknown')]),
  reset: z.exactOptional(z.literal(true)),
});

export const wireRefusal: z.ZodMiniType<WireRefusal> = z.object({
  error: z.object({
    code: text(64),
    message: z.string(),
    operationId: z.exactOptional(operationId),
    details: z.exactOptional(jsonObject),
    retryAfterMs: z.exactOptional(natural),
  }),
  serverTime: z.exactOptional(natural),
  epoch: z.exactOptional(text(128)),
});
