import { clampStamp, stampReplica } from '../causality/stamp.js';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Operation } from '../contracts/operation.js';
import type { Outcome } from '../contracts/resolver.js';
import type { StoredOutcome } from '../contracts/server-store.js';
import type { OperationResult } from '../contracts/transport.js';
import { reconcile } from '../resolve/reconcile.js';
import type { ServerContext, Writer } from './context.js';
import type { Working } from './working.js';

/** An answer, and the operation it is kept with; without one it is not kept, and may be another next time. */
export interface Verdict {
  readonly result: OperationResult;
  readonly operation?: Operation;
}

/** Decides one operation nobody has answered yet, and writes what comes of it into `working`. */
export async function judge(
  context: ServerContext,
  { identity, space }: Writer,
  working: Working,
  known: ReadonlyMap<string, StoredOutcome>,
  sent: Operation,
): Promise<Verdict> {
  const { entity, entityId } = sent;
  const definition = context.definition(entity);
  // A server that is updated later may know more, so these two answers are not for ever.
  if (definition === undefined)
    return { result: rejected(sent, 'not-found', `the entity '${entity}' is not known here`) };
  if (sent.schemaVersion > definition.version) {
    return {
      result: rejected(sent, 'version', `${entity} is known here up to schema version ${definition.version}`),
    };
  }
  const operation = clamped(sent, context);
  const record = working.record(sent);
  const access = { identity, space, action: 'write', entity, entityId, operation } as const;
  if (!(await context.isAllowed(record === undefined ? access : { ...access, record }))) {
    return { operation, result: rejected(sent, 'forbidden', `${entity} ${entityId} may not be written`) };
  }
  const outcome = reconcile(definition, record, operation);
  if (outcome.kind === 'duplicate') return duplicate(operation, outcome, known);
  // Its author cannot compute what comes of another stamp, or of the data under a tombstone, which it may not hold.
  const isForeseen = operation.stamp === sent.stamp && record?.deleted !== true;
  const result = answer(definition, operation, outcome, isForeseen);
  if (result.status === 'accepted' && 'record' in outcome)
    working.put({ ...outcome.record, version: result.version });
  return { operation, result };
}

/**
 * The clock holds an operation whose id nobody has seen. Either the contested operation it carries on was decided
 * elsewhere first, or two installations share one identity and this is another one's counter.
 */
function duplicate(
  operation: Operation,
  { record }: Outcome & { kind: 'duplicate' },
  known: ReadonlyMap<string, StoredOutcome>,
): Verdict {
  if (operation.replaces !== undefined && known.get(operation.replaces)?.result.status === 'conflict') {
    return {
      operation,
      result: {
        id: operation.id,
        status: 'accepted',
        outcome: 'superseded',
        version: record.version,
        record,
      },
    };
  }
  return {
    result: rejected(
      operation,
      'identity-lost',
      `replica ${stampReplica(operation.stamp)} counted this far with another operation`,
    ),
  };
}

function answer(
  definition: EntityDefinition,
  operation: Operation,
  outcome: Exclude<Outcome, { kind: 'duplicate' }>,
  isForeseen: boolean,
): OperationResult {
  const { id, entity, entityId } = operation;
  if (outcome.kind === 'refused') return rejected(operation, outcome.code, outcome.message);
  if (outcome.kind === 'conflict')
    return { id, status: 'conflict', conflictId: id, record: outcome.record, fields: outcome.fields };
  const own = outcome.record.data[definition.idField];
  if (outcome.record.deleted !== true && own !== undefined && own !== entityId) {
    return rejected(operation, 'validation', `${entity} ${entityId} cannot have another id in its data`);
  }
  const version = outcome.record.version + 1;
  const accepted = { id, status: 'accepted', outcome: outcome.kind, version } as const;
  if (outcome.kind === 'applied' && isForeseen) return accepted;
  const answered = { ...accepted, record: { ...outcome.record, version } };
  return outcome.kind === 'applied' ? answered : { ...answered, decisions: outcome.decisions };
}

/** A stamp too far ahead of this server's clock is brought back to it, so that it cannot win for ever. */
function clamped(operation: Operation, { runtime, limits }: ServerContext): Operation {
  const stamp = clampStamp(operation.stamp, runtime.now(), limits.driftMs);
  return stamp === operation.stamp ? operation : { ...operation, stamp };
}

function rejected({ id }: Operation, code: string, message: string): OperationResult {
  return { id, status: 'rejected', code, message };
}
