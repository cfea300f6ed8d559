import * as z from 'zod/mini';
import { exceedsBytes, interiorProblem } from './interior.js';
import { refusal } from './refusals.js';
import { depthDefault } from './wire.js';

/** Levels that wrap a record's data in an answer, at most. */
const envelopeDepth = 6;

/**
 * A value of this shape whose interior is plain JSON. Throws `SyncError` `protocol`.
 */
export function safelyShaped<T>(
  schema: z.ZodMiniType<T>,
  value: unknown,
  what: string,
  depth = depthDefault,
): T {
  const problem = interiorProblem(value, depth + envelopeDepth);
  if (problem !== undefined) throw refusal('bad-request', `${what}: ${problem}`);
  return shaped(schema, value, what);
}

export function shaped<T>(schema: z.ZodMiniType<T>, value: unknown, what: string): T {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  throw refusal('bad-request', `${what}: ${issueText(parsed.error)}`);
}

/** As `jsonOf`. Throws `SyncError` `limit` for too much text. */
export function requestJson(input: unknown, bytesMax: number): unknown {
  if (typeof input === 'string' && exceedsBytes(input, bytesMax)) {
    throw refusal('too-large', `a request has at most ${bytesMax} bytes`, { details: { bytesMax } });
  }
  return jsonOf(input);
}

/** JSON that may still be text. Throws `SyncError` `protocol` for other text. */
export function jsonOf(input: unknown): unknown {
  if (typeof input !== 'string') return input;
  try {
    return JSON.parse(input) as unknown;
  } catch (cause) {
    throw refusal('bad-request', 'the body is not JSON', { cause });
  }
}

export function issueText({ issues }: z.core.$ZodError): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
