import type { OperationResult } from '../contracts/transport.js';
import type { ServerContext, Writer } from './context.js';

/** An answer as its caller may have it: who may write to a record, and not read it, is told nothing of what is in it. */
export async function readable(
  context: ServerContext,
  { identity, space }: Writer,
  result: OperationResult,
): Promise<OperationResult> {
  if (!('record' in result) || result.record === undefined) return result;
  const { record, ...rest } = result;
  const { entity, id: entityId } = record;
  if (await context.isAllowed({ identity, space, action: 'read', entity, entityId, record })) return result;
  if (rest.status === 'accepted') {
    const { decisions: _, ...accepted } = rest;
    return accepted;
  }
  const message = `${entity} ${entityId} holds something else, which may not be read`;
  return { id: rest.id, status: 'rejected', code: 'forbidden', message };
}
