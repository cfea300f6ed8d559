import type { Decision, FieldChange, Json, Operation, SyncRecord } from 'syncline';
import { keyOf, type Commit } from './hub.js';
import type { Ledger } from './ledger.js';
import type { Report } from './promises.js';
import { hasSeen, textOf } from './vectors.js';

/**
 * No value gives way to another one without a decision that says so. Looked at where a commit took one operation of a
 * record: what a second one found is not known.
 */
export function checkLosses(
  report: Report,
  ledger: Ledger,
  { records, outcomes }: Commit,
  wasRestored: boolean,
): void {
  for (const { before, after } of records) {
    const key = keyOf(after.entity, after.id);
    const taken = outcomes.filter(
      ({ outcome: { operation, result } }) =>
        keyOf(operation.entity, operation.entityId) === key && result.status === 'accepted',
    );
    const [only] = taken;
    if (before === undefined || only === undefined || taken.length > 1) continue;
    const { operation, result } = only.outcome;
    if (result.status !== 'accepted' || before.deleted === true || after.deleted === true) continue;
    const decisions = result.decisions ?? operation.decisions ?? [];
    // A state over which something was decided may be gone after a restore, and come again from somebody else.
    const meant = wasRestored ? operation : originOf(ledger, operation);
    checkPair(report, { before, after, operation, decisions, meant });
  }
}

interface Taken {
  readonly before: SyncRecord;
  readonly after: SyncRecord;
  readonly operation: Operation;
  readonly decisions: readonly Decision[];
  /** The operation as its author first wrote it, before any conflict was decided. */
  readonly meant: Operation;
}

function checkPair(report: Report, { before, after, operation, decisions, meant }: Taken): void {
  const isDecided = (path: string) => decisions.some((decision) => touches(decision.path, path));
  const sawAll = hasSeen(meant.clock, before.clock);
  const [had, has] = [leavesOf(before.data), leavesOf(after.data)];
  for (const [path, value] of had) {
    const isKept = textOf(has.get(path)) === textOf(value);
    if (isKept || sawAll || isDecided(path) || meant.changes.some((change) => knew(change, path, value)))
      continue;
    report('no-silent-loss', `${operation.id} replaced ${path} of ${after.id}, ${textOf(value)}, unseen`);
  }
  if (meant.kind !== 'update') return;
  // What agreed when it was carried on was left out of it, and may have been changed by somebody else since.
  const wanted = operation === meant ? meant.changes : operation.changes;
  for (const { path, action, value } of wanted) {
    if (action !== 'set' || isDecided(path)) continue;
    if (textOf(valueAt(after.data, path)) !== textOf(value))
      report('no-silent-loss', `${operation.id} meant ${path} of ${after.id} to be ${textOf(value)}`);
  }
  // Carried on over a newer state, it may lose there again: each time is another decision of another operation.
  const told = decisions.map((decision) => `${decision.operationId} ${decision.path}`);
  if (new Set(told).size < told.length)
    report('no-silent-loss', `${operation.id} decided a field twice: ${told.join(', ')}`);
}

/** Whether a change says that its author saw this value. What adds to a value does not take it away. */
function knew({ path, action, base, baseHash }: FieldChange, leaf: string, value: Json): boolean {
  if (!touches(path, leaf)) return false;
  if (action !== 'set' && action !== 'unset') return true;
  return (
    baseHash !== undefined ||
    textOf(path === leaf ? base : valueAt(base, leaf.slice(path.length))) === textOf(value)
  );
}

/** A dead letter that is tried again, edited or not, is a new intention. */
function originOf(ledger: Ledger, operation: Operation): Operation {
  let origin = operation;
  while (origin.replaces !== undefined && !ledger.refused.has(origin.replaces)) {
    const before = ledger.operations.get(origin.replaces);
    if (before === undefined) break;
    origin = before;
  }
  return origin;
}

function touches(a: string, b: string): boolean {
  return a === b || a === '' || b === '' || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/** All values that are no objects. Simulated data need no escapes in their paths. */
function leavesOf(data: Json, path = ''): Map<string, Json> {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return new Map([[path, data]]);
  return new Map(Object.entries(data).flatMap(([key, value]) => [...leavesOf(value, `${path}/${key}`)]));
}

function valueAt(data: Json | undefined, path: string): Json | undefined {
  let value = data;
  for (const key of path.split('/').slice(1)) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, Json>)[key] : undefined;
  }
  return value;
}
