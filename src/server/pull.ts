import type { ServerRecord } from '../contracts/server-store.js';
import type { PullAnswer, PullRequest, RecordChange } from '../contracts/transport.js';
import { changeOf } from './change.js';
import type { ServerContext, Writer } from './context.js';
import { formatCursor, parseCursor, type Position } from './cursor.js';
import { plainRecord } from './working.js';

type Page = Pick<PullAnswer, 'changes' | 'cursor' | 'more' | 'reset'>;

/**
 * One page of what changed since a cursor, in the order of the space.
 *
 * A cursor that is malformed, of another epoch, older than what was compacted, or of fewer entities than are asked for
 * now, is answered from the start, with `reset`.
 */
export async function pull(context: ServerContext, caller: Writer, request: PullRequest): Promise<Page> {
  const { store } = context;
  const bounds = await store.bounds(caller.space);
  const epoch = await store.epoch();
  const entities = request.entities === undefined ? undefined : [...new Set(request.entities)].sort();
  const known = request.cursor === undefined ? undefined : parseCursor(request.cursor);
  const from = known !== undefined && isUsable(known, epoch, bounds, entities) ? known : undefined;

  const after = from?.seq ?? 0;
  const since = from?.since ?? after;
  const { records, remaining: unread } = await store.changesSince(caller.space, {
    after,
    limit: request.limit,
    ...(entities === undefined ? {} : { entities }),
  });
  // Deletes dropped in between would be missing from this page for ever.
  if ((await store.bounds(caller.space)).horizon !== bounds.horizon) return pull(context, caller, request);
  const { changes, told } = await changesOf(context, caller, records, since, from !== undefined);
  const remaining = unread + records.length - told;
  const last = records[told - 1]?.seq ?? after;
  const seq = remaining > 0 ? last : Math.max(last, bounds.head);
  const floor = from?.floor ?? bounds.head;
  return {
    changes,
    cursor: formatCursor({
      epoch,
      seq,
      ...(remaining > 0 ? { since } : {}),
      floor,
      ...(entities === undefined ? {} : { entities }),
    }),
    more: remaining > 0 ? remaining : false,
    ...(request.cursor !== undefined && from === undefined ? { reset: true as const } : {}),
  };
}

/** As many records as fit on a page, as changes; those of one seq stay together. */
async function changesOf(
  context: ServerContext,
  caller: Writer,
  records: readonly ServerRecord[],
  since: number,
  isContinued: boolean,
): Promise<{ readonly changes: RecordChange[]; readonly told: number }> {
  const changes: RecordChange[] = [];
  let length = 0;
  for (const [at, record] of records.entries()) {
    if (length > context.limits.pageLength && record.seq !== records[at - 1]?.seq)
      return { changes, told: at };
    const change = await changeFor(context, caller, record, since, isContinued);
    if (change === undefined) continue;
    changes.push(change);
    length += JSON.stringify(change).length;
  }
  return { changes, told: records.length };
}

async function changeFor(
  context: ServerContext,
  { identity, space }: Writer,
  record: ServerRecord,
  since: number,
  isContinued: boolean,
): Promise<RecordChange | undefined> {
  const { entity, id } = record;
  const access = {
    identity,
    space,
    action: 'read',
    entity,
    entityId: id,
    record: plainRecord(record),
  } as const;
  if (await context.isAllowed(access)) return changeOf(record, since);
  // Who starts from nothing has nothing to forget.
  return isContinued ? { kind: 'remove', entity, id } : undefined;
}

function isUsable(
  position: Position,
  epoch: string,
  { head, horizon }: { readonly head: number; readonly horizon: number },
  entities: readonly string[] | undefined,
): boolean {
  const holdsAll =
    position.entities === undefined ||
    (entities?.every((entity) => position.entities?.includes(entity)) ?? false);
  const isComplete = position.seq >= horizon || horizon <= position.floor;
  return position.epoch === epoch && position.seq <= head && isComplete && holdsAll;
}
