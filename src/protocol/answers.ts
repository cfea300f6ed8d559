import * as z from 'zod/mini';
import type { FieldConflict, SyncRecord } from '../contracts/operation.js';
import type {
  OperationResult,
  PullAnswer,
  PushAnswer,
  RecordChange,
  WireRefusal,
} from '../contracts/transport.js';
import type { SyncError } from '../errors.js';
import { interiorProblem, isObject, isSafePointer } from './interior.js';
import type { Limits } from './limits.js';
import { jsonOf, safelyShaped } from './read.js';
import { errorOfRefusal } from './refusals.js';
import {
  clock,
  counter,
  cursor,
  decisions,
  entityName,
  json,
  jsonObject,
  natural,
  operationId,
  optional,
  path,
  recordId,
  stamp,
  text,
} from './values.js';
import { depthDefault } from './wire.js';

const stamps = z.custom<Readonly<Record<string, string>>>(
  (value) =>
    isObject(value) &&
    Object.entries(value as object).every(([key, held]) => isSafePointer(key) && typeof held === 'string'),
);

const record: z.ZodMiniType<SyncRecord> = z.object({
  entity: entityName,
  id: recordId,
  data: jsonObject,
  version: natural,
  clock,
  stamp,
  stamps: optional(stamps),
  deleted: optional(z.literal(true)),
  decisions,
});

const envelope = { serverTime: natural, epoch: text(128) };

const fieldConflict: z.ZodMiniType<FieldConflict> = z.object({
  path,
  base: optional(json),
  local: optional(json),
  remote: optional(json),
});

const result: z.ZodMiniType<OperationResult> = z.discriminatedUnion('status', [
  z.object({
    id: operationId,
    status: z.literal('accepted'),
    outcome: z.enum(['applied', 'merged', 'superseded', 'duplicate']),
    record: optional(record),
    version: natural,
    decisions,
  }),
  z.object({
    id: operationId,
    status: z.literal('conflict'),
    conflictId: optional(text(128)),
    record,
    fields: z.array(fieldConflict),
  }),
  z.object({
    id: operationId,
    status: z.literal('rejected'),
    code: text(64),
    message: z.string(),
    details: optional(jsonObject),
  }),
  z.object({
    id: operationId,
    status: z.literal('retry'),
    code: text(64),
    afterMs: optional(natural),
  }),
  z.object({ id: operationId, status: z.literal('blocked'), by: operationId }),
]);

const pushAnswer: z.ZodMiniType<PushAnswer> = z.object({
  ...envelope,
  results: z.array(result),
  cursor: optional(cursor),
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
    stamps: optional(stamps),
    decisions,
  }),
  z.object({ kind: z.literal('delete'), ...state }),
  z.object({ kind: z.literal('remove'), ...target }),
]);

const pullAnswer: z.ZodMiniType<PullAnswer> = z.object({
  ...envelope,
  changes: z.array(change),
  cursor: z.string(),
  more: z.union([z.literal(false), counter, z.literal('unknown')]),
  reset: optional(z.literal(true)),
});

const wireRefusal: z.ZodMiniType<WireRefusal> = z.object({
  error: z.object({
    code: text(64),
    message: z.string(),
    operationId: optional(operationId),
    details: optional(jsonObject),
    retryAfterMs: optional(natural),
  }),
  serverTime: optional(natural),
  epoch: optional(text(128)),
});

/** An answer to a push, from a server that may be anything. Throws `SyncError` `protocol`. */
export function parsePushAnswer(input: unknown, limits?: Limits): PushAnswer {
  return safelyShaped(pushAnswer, jsonOf(input), 'answer to a push', limits?.depth);
}

/** An answer to a pull, from a server that may be anything. Throws `SyncError` `protocol`. */
export function parsePullAnswer(input: unknown, limits?: Limits): PullAnswer {
  return safelyShaped(pullAnswer, jsonOf(input), 'answer to a pull', limits?.depth);
}

/** The error that a refusal of a whole request stands for, or `undefined` for what is not a refusal. */
export function parseRefusal(input: unknown): SyncError | undefined {
  const parsed = z.safeParse(wireRefusal, input);
  if (!parsed.success || interiorProblem(input, depthDefault) !== undefined) return undefined;
  const { code, message, ...options } = parsed.data.error;
  return errorOfRefusal(code, message, options);
}
