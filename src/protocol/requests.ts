import * as z from 'zod/mini';
import type { FieldChange, Operation } from '../contracts/operation.js';
import type { PullRequest } from '../contracts/transport.js';
import type { SyncErrorCode } from '../errors.js';
import { exceedsBytesAsJson, interiorProblem } from './interior.js';
import { defaultLimits, type Limits } from './limits.js';
import { shapeProblem } from './operation-shape.js';
import { issueText, requestJson, shaped } from './read.js';
import { refusal } from './refusals.js';
import {
  clock,
  counter,
  cursor,
  decisions,
  entityName,
  json,
  jsonObject,
  keyText,
  operationId,
  optional,
  path,
  recordId,
  replicaId,
  stamp,
  text,
} from './values.js';

export const space = keyText(128);

const fieldChange: z.ZodMiniType<FieldChange> = z.object({
  path,
  action: z.enum(['set', 'unset', 'increment', 'add', 'remove', 'merge']),
  value: optional(json),
  base: optional(json),
  baseHash: optional(text(128)),
});

/** What must be readable for an operation to be answered at all. */
const operationHead = z.object({ id: operationId, entity: entityName, entityId: recordId });

const operation: z.ZodMiniType<Operation> = z.object({
  id: operationId,
  entity: entityName,
  entityId: recordId,
  kind: z.enum(['create', 'update', 'delete']),
  changes: z.array(fieldChange),
  clock,
  stamp,
  schemaVersion: counter,
  dependsOn: optional(z.array(operationId)),
  transaction: optional(z.object({ id: text(64), size: counter })),
  priority: optional(z.number()),
  replaces: optional(operationId),
  decisions,
  meta: optional(jsonObject),
});

/** A push whose operations were not looked into yet. */
const pushEnvelope = z.object({
  replica: replicaId,
  space: optional(space),
  cursor: optional(cursor),
  operations: z.array(z.unknown()),
});

const pullRequest: z.ZodMiniType<PullRequest> = z.object({
  replica: replicaId,
  space: optional(space),
  cursor: optional(cursor),
  entities: optional(z.array(entityName).check(z.maxLength(1024))),
  limit: counter,
});

/** An operation that can be named but not taken in. The others of its batch carry on. */
export interface RefusedOperation {
  readonly id: string;
  readonly entity: string;
  readonly entityId: string;
  readonly refused: { readonly code: Extract<SyncErrorCode, 'protocol' | 'limit'>; readonly message: string };
}

export interface ParsedPush {
  readonly replica: string;
  readonly space?: string;
  readonly cursor?: string;
  readonly operations: readonly (Operation | RefusedOperation)[];
}

/**
 * A push as typed values, from its JSON text or from parsed JSON. Unknown fields are dropped.
 *
 * Throws `SyncError` `protocol` for what is not JSON, has not the form of a push, or names one id twice, and `limit`
 * for too many operations or bytes. An operation whose head can be read but whose rest cannot be taken in (unsafe
 * path, too deep, too large) is named as refused instead, so that it cannot hold up the others.
 */
export function parsePushRequest(input: unknown, limits: Limits = defaultLimits): ParsedPush {
  const { operations, ...request } = shaped(pushEnvelope, requestJson(input, limits.requestBytes), 'push');
  if (operations.length > limits.operationsPerPush) {
    throw refusal('too-large', `a push has at most ${limits.operationsPerPush} operations`, {
      details: { operationsMax: limits.operationsPerPush },
    });
  }
  const parsed = operations.map((operation) => parseOperation(operation, limits));
  const ids = new Set<string>();
  for (const { id } of parsed) {
    if (ids.has(id)) throw refusal('bad-request', `operation ${id} is in the batch twice`);
    ids.add(id);
  }
  return { ...request, operations: parsed };
}

/** A pull as typed values. Throws as `parsePushRequest`; `limit` is brought down to what a page may hold. */
export function parsePullRequest(input: unknown, limits: Limits = defaultLimits): PullRequest {
  const request = shaped(pullRequest, requestJson(input, limits.requestBytes), 'pull');
  return { ...request, limit: Math.min(request.limit, limits.changesPerPage) };
}

/** Levels between an operation and a value in it. */
const operationEnvelope = 3;

function parseOperation(input: unknown, limits: Limits): Operation | RefusedOperation {
  const operation = readOperation(input, limits);
  if (!('message' in operation)) return operation;
  return { ...shaped(operationHead, input, 'operation'), refused: operation };
}

function readOperation(input: unknown, limits: Limits): Operation | RefusedOperation['refused'] {
  const interior = interiorProblem(input, limits.depth + operationEnvelope);
  if (interior !== undefined) return { code: 'protocol', message: interior };
  if (isTooLarge(input, limits.operationBytes)) {
    return { code: 'limit', message: `an operation has at most ${limits.operationBytes} bytes` };
  }
  const parsed = z.safeParse(operation, input);
  if (!parsed.success) return { code: 'protocol', message: issueText(parsed.error) };
  const problem = shapeProblem(parsed.data) ?? depthProblem(parsed.data, limits.depth);
  return problem === undefined ? parsed.data : { code: 'protocol', message: problem };
}

/** Decisions hold what gave way beside what is written; only the whole request is a limit to them. */
function isTooLarge(input: unknown, bytesMax: number): boolean {
  return (
    exceedsBytesAsJson(input, bytesMax) &&
    exceedsBytesAsJson({ ...(input as object), decisions: [] }, bytesMax)
  );
}

/** A value written at a path lies as deep as the path is long; one at the root was measured with its operation. */
function depthProblem({ changes }: Operation, depth: number): string | undefined {
  return changes
    .filter(({ path }) => path !== '')
    .map(({ path, value = null }) => {
      const level = path.split('/').length - 1;
      return level > depth ? 'a path is too deep' : interiorProblem(value, depth - level);
    })
    .find((problem) => problem !== undefined);
}
