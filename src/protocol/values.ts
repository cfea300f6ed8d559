import * as z from 'zod/mini';
import type { Json, JsonObject } from '../contracts/json.js';
import type { Decision, VersionVector } from '../contracts/operation.js';
import { isKeyText, isObject, isSafeName, isSafePointer } from './interior.js';

/*
 * Values that requests and answers are made of. What is inside (`data`, `value`, `meta` …) is checked by
 * `interiorProblem` before these look at it, so that `z.custom` can let it pass.
 */

/** A field that may be left out, as most fields mostly are: zod's own looks for faults in what is not there. */
export const optional = <T>(schema: z.ZodMiniType<T>) =>
  // What is looked into here holds no `undefined`, so that "left out" and "undefined" are the same.
  z.exactOptional(z.optional(schema) as z.ZodMiniType<T>);

export const json = z.custom<Json>((value) => value !== undefined);
export const jsonObject = z.custom<JsonObject>(isObject);
export const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max));
export const counter = z.int().check(z.positive());
export const natural = z.int().check(z.nonnegative());
export const cursor = z.string().check(z.maxLength(64 * 1024));

export const entityName = z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/));
export const keyText = (max: number) => text(max).check(z.refine(isKeyText, 'no key of a store'));
export const recordId = keyText(256);
export const operationId = z.string().check(z.regex(/^[\w.:-]{1,64}$/));
const replicaPattern = /^[A-Za-z0-9_-]{1,64}$/;
export const replicaId = z.string().check(z.regex(replicaPattern), z.refine(isSafeName, 'reserved name'));
export const stamp = z.string().check(z.regex(/^[0-9a-f]{12}-[0-9a-f]{4}-[A-Za-z0-9_-]{1,64}$/));
export const path = z.string().check(z.maxLength(4096), z.refine(isSafePointer, 'not a safe JSON Pointer'));

export const clock = z.custom<VersionVector>((value) => {
  if (!isObject(value)) return false;
  return Object.entries(value as object).every(
    ([replica, count]) =>
      replicaPattern.test(replica) &&
      isSafeName(replica) &&
      Number.isSafeInteger(count) &&
      (count as number) > 0,
  );
});
const decision: z.ZodMiniType<Decision> = z.object({
  path,
  operationId,
  replica: replicaId,
  remoteReplica: optional(replicaId),
  base: optional(json),
  local: optional(json),
  remote: optional(json),
  result: optional(json),
  winner: z.enum(['local', 'remote', 'both']),
  rule: text(128),
  why: z.string(),
});
export const decisions = optional(z.array(decision));
