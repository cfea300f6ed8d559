import * as z from 'zod/mini';
import type { Json, JsonObject } from '../contracts/json.js';
import type { FieldConflict, Operation, Stamp, SyncRecord, VersionVector } from '../contracts/operation.js';
import type { AnswerEnvelope, OperationResult } from '../contracts/transport.js';
import { interiorProblem, isObject, isSafePointer } from './interior.js';
import type { Limits } from './limits.js';
import { requestJson, shaped } from './read.js';
import { refusal } from './refusals.js';
import { space } from './requests.js';
import { entityName, operationId, optional, recordId } from './values.js';

/** Asks for the fields of one record that differ from what the asker holds. */
export interface DeltaRequest {
  readonly space?: string;
  readonly entity: string;
  readonly id: string;
  /** Version the asker holds. */
  readonly version: number;
  /** Path of each leaf the asker holds → its content hash. */
  readonly fields: Readonly<Record<string, string>>;
}

export type DeltaAnswer = AnswerEnvelope &
  (
    | { readonly unchanged: true }
    | {
        readonly version: number;
        readonly clock: VersionVector;
        readonly stamp: Stamp;
        readonly changed: readonly { readonly path: string; readonly value: Json }[];
        /** To be removed before `changed` is written. */
        readonly removed: readonly string[];
      }
  );

/** A conflict nobody has decided yet. */
export interface OpenConflict {
  /** Id of the contested operation. */
  readonly id: string;
  readonly operation: Operation;
  /** As they were when the operation arrived. */
  readonly fields: readonly FieldConflict[];
  /** As it is now. */
  readonly record: SyncRecord;
  /** When it was found, server's wall-clock time, ms. */
  readonly at: number;
}

export interface ConflictsQuery {
  readonly space?: string;
  readonly cursor?: string;
}

export interface ConflictsAnswer extends AnswerEnvelope {
  readonly conflicts: readonly OpenConflict[];
  readonly cursor: string;
  readonly more: boolean;
}

export interface ResolveRequest {
  readonly space?: string;
  /** Whose contested fields stand; `merged`: the record becomes `merged`. */
  readonly resolution: 'local' | 'remote' | 'merged';
  readonly merged?: JsonObject;
  /** Id of the operation that carries the decision; the same again is answered the same. */
  readonly operationId: string;
}

export type ResolveAnswer = AnswerEnvelope & OperationResult;

const deltaRequest: z.ZodMiniType<DeltaRequest> = z.object({
  space: optional(space),
  entity: entityName,
  id: recordId,
  version: z.int().check(z.nonnegative()),
  fields: z.custom<Readonly<Record<string, string>>>(
    (value) =>
      isObject(value) &&
      Object.entries(value as object).every(
        ([path, hash]) => isSafePointer(path) && typeof hash === 'string',
      ),
  ),
});

const conflictsQuery: z.ZodMiniType<ConflictsQuery> = z.object({
  space: optional(space),
  cursor: optional(z.string().check(z.regex(/^[0-9]{1,15}$/))),
});

const resolveRequest: z.ZodMiniType<ResolveRequest> = z
  .object({
    space: optional(space),
    resolution: z.enum(['local', 'remote', 'merged']),
    merged: optional(z.custom<JsonObject>(isObject)),
    operationId,
  })
  .check(
    z.refine(
      ({ resolution, merged }) => (resolution === 'merged') === (merged !== undefined),
      '`merged` goes with `merged`',
    ),
  );

/** Throws `SyncError` `protocol` or `limit`, as the parsers below do. */
export function parseDeltaRequest(input: unknown, limits: Limits): DeltaRequest {
  return shaped(deltaRequest, requestJson(input, limits.requestBytes), 'delta');
}

export function parseConflictsQuery(input: unknown): ConflictsQuery {
  return shaped(conflictsQuery, input, 'conflicts');
}

export function parseResolveRequest(input: unknown, limits: Limits): ResolveRequest {
  const request = shaped(resolveRequest, requestJson(input, limits.requestBytes), 'resolution');
  const problem = interiorProblem(request.merged ?? null, limits.depth);
  if (problem !== undefined) throw refusal('bad-request', `resolution: ${problem}`);
  return request;
}
