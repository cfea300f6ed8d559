import * as z from 'zod/mini';
import { exceedsBytes, interiorProblem } from './interior.js';
import { depthDefault } from './limits.js';
import { refusal } from './refusals.js';

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

/** JSON that may still be text. Throws `SyncError` `protocol` for other text, `limit` for too much of it. */
export function jsonOf(input: unknown, bytesMax = Infinity): unknown {
  if (typeof input !== 'string') return input;
  if (exceedsBytes(input, bytesMax)) {
    throw refusal('too-large', `a request has at most ${bytesMax} bytes`, { details: { bytesMax } });
  }
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
