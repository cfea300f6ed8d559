import { successorOf } from '../resolve/successor.js';
import { stampReplica } from '../causality/stamp.js';
import { counterOf } from '../causality/vector.js';
import type { Operation, SyncRecord } from '../contracts/operation.js';
import type { RecordedOutcome } from '../contracts/server-store.js';
import type { OperationResult } from '../contracts/transport.js';
import type { ConflictsQuery, OpenConflict, ResolveRequest } from '../protocol/desk.js';
import { refusal } from '../protocol/refusals.js';
import type { ServerContext, Writer } from './context.js';
import { commit, takeIn } from './push.js';
import { plainRecord } from './working.js';

const conflictsPerPage = 100;

/**
 * Conflicts nobody has decided, in the order they were found. A conflict is open while its record's clock does not
 * hold the contested operation: whoever decides it carries on its counter.
 */
export async function conflicts(
  context: ServerContext,
  { identity, space }: Writer,
  { cursor = '0' }: ConflictsQuery,
) {
  const recorded = await context.store.outcomes(space, {
    after: Number(cursor),
    limit: conflictsPerPage,
    status: 'conflict',
  });
  const keys = recorded.map(({ operation: { entity, entityId } }) => ({ entity, id: entityId }));
  const records = await context.store.transact(space, (transaction) => transaction.load(keys));
  const open: OpenConflict[] = [];
  for (const [at, outcome] of recorded.entries()) {
    const stored = records[at];
    if (stored === undefined) continue;
    const record = plainRecord(stored);
    const { entity, entityId } = outcome.operation;
    const access = { identity, space, action: 'read', entity, entityId, record } as const;
    if (isOpen(outcome.operation, record) && (await context.isAllowed(access)))
      open.push(conflictOf(outcome, record));
  }
  return {
    conflicts: open,
    cursor: String(recorded.at(-1)?.index ?? cursor),
    more: recorded.length === conflictsPerPage,
  };
}

/**
 * Decides a conflict in the place of its author: an operation that carries on the contested one, its counter and its
 * stamp, and has seen everything. Throws `SyncError` `not-found` where there is no such conflict, and `protocol` for
 * a member of a transaction, which only its author can carry on together with the others.
 */
export async function resolveConflict(
  context: ServerContext,
  writer: Writer,
  conflictId: string,
  request: ResolveRequest,
  device: string | undefined,
): Promise<OperationResult> {
  const {
    results: [result],
  } = await commit(context, writer, async (transaction) => {
    const contested = (await transaction.findOutcomes([conflictId])).get(conflictId);
    if (contested?.result.status !== 'conflict') throw noConflict(conflictId);
    const { entity, entityId } = contested.operation;
    const definition = context.definition(entity);
    const [stored] = await transaction.load([{ entity, id: entityId }]);
    if (definition === undefined || stored === undefined) throw noConflict(conflictId);
    if (contested.operation.transaction !== undefined) {
      throw refusal(
        'bad-request',
        `conflict ${conflictId} belongs to a transaction, which its author must carry on`,
      );
    }
    const { dependsOn: _, ...carried } = contested.operation;
    const settlement = request.merged === undefined ? side(request) : { merged: request.merged };
    const operation = successorOf(definition, plainRecord(stored), carried, request.operationId, settlement);
    return takeIn(context, writer, transaction, [
      device === undefined ? operation : { ...operation, meta: { ...operation.meta, device } },
    ]);
  });
  return result!;
}

function side({ resolution }: ResolveRequest): 'local' | 'remote' {
  return resolution === 'remote' ? 'remote' : 'local';
}

function isOpen({ clock, stamp }: Operation, record: SyncRecord): boolean {
  const author = stampReplica(stamp);
  return counterOf(record.clock, author) < counterOf(clock, author);
}

function conflictOf({ operation, result, at }: RecordedOutcome, record: SyncRecord): OpenConflict {
  return {
    id: operation.id,
    operation,
    fields: result.status === 'conflict' ? result.fields : [],
    record,
    at,
  };
}

function noConflict(id: string) {
  return refusal('not-found', `there is no conflict ${id}`);
}
