import type { EntityDefinition } from '../contracts/entity.js';
import type { SyncErrorData } from '../contracts/errors.js';
import type { Operation, SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import { successorOf, type Settlement } from '../resolve/successor.js';
import { reconcile } from '../resolve/reconcile.js';
import type { Context } from './context.js';
import { shrinkBase } from './operations.js';

/** An entry that stands where another stood, or `undefined` where nothing is left to send. */
export interface Settled {
  readonly entry: OutboxEntry;
  readonly replaces?: string;
}

/**
 * Decides an entry that the server found contested, against the state that has been pulled since.
 *
 * Decided: a successor with a new id and the same counter and stamp, whose author has seen that state. Not decided by
 * the strategy, or sent again too often: it waits for a person. A parked entry is looked at again in the same way
 * whenever its base moves.
 */
export function settleContested(
  context: Context,
  definition: EntityDefinition,
  base: SyncRecord | undefined,
  entry: OutboxEntry,
): Settled | { readonly dead: SyncErrorData } {
  const { operation } = entry;
  const outcome = reconcile(definition, base, operation);
  const rounds = entry.rounds ?? 0;
  if (outcome.kind === 'refused')
    return { dead: { code: outcome.code, message: outcome.message, operationId: operation.id } };
  if (outcome.kind === 'conflict' || rounds >= context.outbox.roundsMax) {
    const fields = outcome.kind === 'conflict' ? outcome.fields : [];
    const conflict = {
      fields,
      remoteVersion: base?.version ?? 0,
      since: entry.conflict?.since ?? context.runtime.now(),
    };
    const { awaitsVersion: _, ...rest } = entry;
    return { entry: { ...rest, state: 'conflict', conflict } };
  }
  return succeed(entry, carriedOn(definition, base, operation, context.runtime.uuid()));
}

/** An operation of its own new id where the server holds nothing any more, and so nothing disagrees. */
export function carriedOn(
  definition: EntityDefinition,
  base: SyncRecord | undefined,
  operation: Operation,
  id: string,
  settlement?: Settlement,
): Operation {
  if (base === undefined) return { ...operation, id, replaces: operation.id };
  const successor = successorOf(definition, base, operation, id, settlement);
  return { ...successor, changes: successor.changes.map((change) => shrinkBase(definition, change)) };
}

/** The entry of a successor, in its predecessor's place. */
export function succeed(entry: OutboxEntry, operation: Operation): Settled {
  const next: OutboxEntry = {
    ...unsettled(entry),
    operation,
    state: 'pending',
    attempts: 0,
    rounds: (entry.rounds ?? 0) + 1,
  };
  return { entry: next, replaces: entry.operation.id };
}

/** An entry without what was said of the state it was in. */
export function unsettled(entry: OutboxEntry): OutboxEntry {
  const { awaitsVersion: _version, conflict: _conflict, error: _error, ...rest } = entry;
  return rest;
}
