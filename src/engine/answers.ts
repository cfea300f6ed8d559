import { stampReplica } from '../causality/stamp.js';
import { counterOf, covers, withCounter } from '../causality/vector.js';
import type { SyncRecord } from '../contracts/operation.js';
import type { OutboxEntry } from '../contracts/queue.js';
import type { SyncErrorData } from '../contracts/errors.js';
import type { OperationResult } from '../contracts/transport.js';
import { defined } from '../diff/shape.js';
import { writeOver } from '../resolve/reconcile.js';
import { Workbench, type OpenLane } from './workbench.js';
import type { Transaction } from './committer.js';
import type { Context } from './context.js';
import type { ClientEvent } from './events.js';
import { tables } from './rows.js';

/** What a batch's answers came to. */
export interface PushReport {
  readonly accepted: number;
  readonly refused: number;
  readonly conflicts: number;
  /** Something was accepted or contested that only a pull can bring home. */
  readonly needsPull: boolean;
  /** Whether any operation stands otherwise than before. */
  readonly moved: boolean;
  /** Operations the server would not look at because of one that was not in the batch. */
  readonly blocked: readonly string[];
  /** The longest pause asked for by an operation that was put off, ms. */
  readonly retryAfterMs: number | undefined;
  /** The server does not know operations that this replica's counter says it holds: a copied store. */
  readonly identityLost: boolean;
  readonly events: readonly ClientEvent[];
}

/** How often an operation is sent that waits for one which does not come: with backoff, about two minutes. */
const blockedMax = 10;

/** Stores what the server said to each operation of a batch, with the bases that follow, in one unit of work. */
export async function storeAnswers(
  context: Context,
  transaction: Transaction,
  results: readonly OperationResult[],
): Promise<PushReport> {
  const workbench = new Workbench(context, transaction);
  const entries = await transaction.get(
    tables.outbox,
    results.map(({ id }) => id),
  );
  await workbench.openFor(entries.filter((entry) => entry !== undefined));

  const report = nothingYet();
  results.forEach((result, at) => {
    const entry = entries[at];
    const lane = entry && workbench.lane(entry.operation);
    if (!entry || !lane || entry.state === 'dead') {
      // Another tab has stored the answer to the same operation already, or has given it up: it may have its effect.
      report.needsPull = true;
      return;
    }
    if (result.status !== 'blocked') report.moved = true;
    switch (result.status) {
      case 'accepted':
        report.accepted++;
        if (result.decisions !== undefined) workbench.tellMerged(entry.operation, result.decisions);
        if (!accept(workbench, lane, entry, result)) report.needsPull = true;
        break;
      case 'conflict':
        report.conflicts++;
        report.needsPull = true;
        contest(workbench, lane, entry, result.record.version);
        break;
      case 'rejected':
        if (result.code === 'identity-lost') report.identityLost = true;
        else if (result.code === 'id-taken') rename(workbench, lane, entry, context.runtime.uuid());
        else {
          report.refused++;
          workbench.refuse(result.id, errorOf(result));
        }
        break;
      case 'retry':
        report.retryAfterMs = Math.max(report.retryAfterMs ?? 0, result.afterMs ?? 0);
        putOff(context, workbench, lane, entry, {
          max: context.outbox.attemptsMax,
          code: result.code,
          why: 'the server puts it off',
        });
        break;
      case 'blocked':
        if (results.some(({ id }) => id === result.by)) break;
        report.blocked.push(result.id);
        putOff(context, workbench, lane, entry, {
          max: blockedMax,
          code: 'blocked',
          why: `it waits for ${result.by}, which the server does not have`,
        });
        break;
    }
  });
  await workbench.close();
  return { ...report, events: workbench.events };
}

function nothingYet() {
  return {
    accepted: 0,
    refused: 0,
    conflicts: 0,
    needsPull: false,
    moved: false,
    blocked: [] as string[],
    retryAfterMs: undefined as number | undefined,
    identityLost: false,
  };
}

function errorOf({ id, code, message, details }: OperationResult & { status: 'rejected' }): SyncErrorData {
  return { code, message, operationId: id, ...defined({ details }) };
}

/** Another write has the same id, by a flaw in somebody's randomness: this one goes on under another. */
function rename(workbench: Workbench, lane: OpenLane, entry: OutboxEntry, id: string): void {
  const { operation } = entry;
  workbench.put(lane, {
    entry: { ...entry, operation: { ...operation, id, replaces: operation.id } },
    replaces: operation.id,
  });
}

/** Moves the base where the answer holds nothing unseen. Otherwise the operation waits in the view for the pull. */
function accept(
  workbench: Workbench,
  lane: OpenLane,
  entry: OutboxEntry,
  result: OperationResult & { status: 'accepted' },
): boolean {
  const base = baseAfter(lane, entry, result);
  if (base !== undefined) {
    workbench.accept(lane, entry);
    lane.base = base;
    return true;
  }
  if (entry.state !== 'accepted')
    workbench.put(lane, { entry: { ...entry, state: 'accepted', awaitsVersion: result.version } });
  return false;
}

function baseAfter(
  lane: OpenLane,
  entry: OutboxEntry,
  result: OperationResult & { status: 'accepted' },
): SyncRecord | undefined {
  const { operation } = entry;
  const isNext = lane.entries[0]?.operation.id === operation.id;
  if (!isNext || (lane.base?.version ?? 0) >= result.version) return undefined;
  const author = stampReplica(operation.stamp);
  const seen = withCounter(lane.base?.clock ?? {}, author, counterOf(operation.clock, author));
  if (result.record !== undefined) return covers(seen, result.record.clock) ? result.record : undefined;
  return covers(seen, operation.clock)
    ? { ...writeOver(lane.base, operation), version: result.version }
    : undefined;
}

function contest(workbench: Workbench, lane: OpenLane, entry: OutboxEntry, version: number): void {
  if (entry.state === 'conflict') return;
  workbench.put(lane, { entry: { ...entry, state: 'contested', awaitsVersion: version } });
  if ((lane.base?.version ?? 0) >= version) workbench.rebase(lane, lane.base);
}

function putOff(
  context: Context,
  workbench: Workbench,
  lane: OpenLane,
  entry: OutboxEntry,
  { max, code, why }: { readonly max: number; readonly code: string; readonly why: string },
): void {
  const attempts = entry.attempts + 1;
  const error = { code, message: `sent ${attempts} times: ${why}`, operationId: entry.operation.id };
  if (attempts >= max) workbench.refuse(entry.operation.id, error);
  else workbench.put(lane, { entry: { ...entry, attempts, lastAttemptAt: context.runtime.now(), error } });
}
