import type { FieldChange, OperationResult, OutboxEntry, SyncRecord } from 'syncline';
import type { Commit } from './hub.js';
import type { Step, WriteStep } from './steps.js';
import { shortId } from './timeline.js';
import { textOf } from './vectors.js';
import { baseOf, type Moves, type StoredLane } from './witness.js';

/** What a step says, for a reader. */
export function tellStep(step: Step): string {
  switch (step.do) {
    case 'write':
      return tellWrite(step);
    case 'group':
      return `in one transaction: ${step.writes.map(tellWrite).join('; ')}`;
    case 'resolve':
      return `a person settles a conflict: ${step.choice}`;
    case 'letter':
      return `a person sees to a dead letter: ${step.verb}`;
    case 'backup':
      return 'is backed up';
    case 'fault':
      return `${step.fault}, ${step.ms} ms`;
    default:
      return step.do;
  }
}

function tellWrite({ act, id, refuse, depends }: WriteStep): string {
  return `${act} ${id}${refuse === true ? ' (the server will not allow it)' : ''}${depends === true ? ' (after the last write)' : ''}`;
}

/** A row of a device's outbox that moved. */
export function tellEntry({ id, before, after }: Moves['entries'][number]): string {
  if (after === undefined) return `${shortId(id)} is gone, a dead letter no more`;
  // Two that were never sent may have been joined.
  if (textOf(before?.operation) !== textOf(after.operation)) return tellNew(after);
  const { state, error, attempts } = after;
  return [
    `${shortId(id)} is ${state}`,
    ...(attempts === 0 ? [] : [`attempts: ${attempts}`]),
    ...(error === undefined ? [] : [`${error.code}: ${error.message}`]),
  ].join(', ');
}

function tellNew({ operation, state }: OutboxEntry): string {
  const { id, kind, entityId, changes, dependsOn = [], replaces, transaction } = operation;
  return [
    `${shortId(id)} ${state === 'pending' ? '' : `${state}: `}${kind} ${entityId} ${changes.map(tellChange).join(', ')}`,
    ...(dependsOn.length === 0 ? [] : [`after ${dependsOn.map(shortId).join(' ')}`]),
    ...(replaces === undefined ? [] : [`carries on ${shortId(replaces)}`]),
    ...(transaction === undefined ? [] : [`one of ${transaction.size}`]),
  ].join(', ');
}

function tellChange({ path, action, value, base }: FieldChange): string {
  const seen = base === undefined ? '' : `, was ${JSON.stringify(base)}`;
  if (action === 'unset') return path === '' ? '' : `${path} removed${seen}`;
  const what = action === 'set' ? '=' : action;
  return `${path}${path === '' ? '' : ` ${what} `}${JSON.stringify(value)}${seen}`;
}

/** A record as a device holds and shows it. */
export function tellLane(key: string, lane: StoredLane | undefined): string {
  const name = key.replace('/', ' ');
  if (lane === undefined) return `forgets ${name}`;
  const waiting = (lane.pending ?? []).map(shortId).join(' ');
  const version = baseOf(lane)?.version ?? 0;
  return `shows ${name}, version ${version}${waiting === '' ? '' : ` and ${waiting}`}: ${tellData(lane.view)}`;
}

function tellData({ data, deleted }: SyncRecord): string {
  return deleted === true ? 'deleted' : JSON.stringify(data);
}

/** What the server took in, and what its records are now. */
export function tellCommit({ records, outcomes }: Commit): string {
  const answers = outcomes.map(
    ({ outcome: { operation, result } }) => `${shortId(operation.id)} ${tellResult(result)}`,
  );
  const states = records.map(({ after }) => `${after.id} version ${after.version}: ${tellData(after)}`);
  return [...(answers.length === 0 ? [] : [answers.join(', ')]), ...states].join('; ');
}

export function tellRequest(kind: 'push' | 'pull', request: unknown): string {
  const { operations = [], cursor } = request as {
    readonly operations?: readonly { readonly id: string }[];
    readonly cursor?: string;
  };
  if (kind === 'push') return `push ${operations.map(({ id }) => shortId(id)).join(' ')}`;
  return cursor === undefined ? 'pull from the start' : 'pull';
}

/** An answer, and whether it brings anything. */
export function tellAnswer(answer: unknown): { readonly text: string; readonly isEmpty: boolean } {
  const { results, changes = [] } = answer as {
    readonly results?: readonly OperationResult[];
    readonly changes?: readonly {
      readonly kind: string;
      readonly record?: SyncRecord;
      readonly id?: string;
    }[];
  };
  if (results !== undefined)
    return {
      text: results.map((each) => `${shortId(each.id)} ${tellResult(each)}`).join(', '),
      isEmpty: false,
    };
  const ids = changes.map(({ kind, record, id = '' }) =>
    kind === 'put' || kind === 'patch'
      ? (record?.id ?? id)
      : `${id} ${kind === 'delete' ? 'deleted' : 'removed'}`,
  );
  return { text: ids.join(', '), isEmpty: ids.length === 0 };
}

function tellResult(result: OperationResult): string {
  switch (result.status) {
    case 'accepted':
      return result.outcome;
    case 'rejected':
      return `rejected: ${result.code}`;
    case 'blocked':
      return `blocked by ${shortId(result.by)}`;
    default:
      return result.status;
  }
}
