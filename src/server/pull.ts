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
  const { records, remaining } = await store.changesSince(caller.space, {
    after,
    limit: request.limit,
    ...(entities === undefined ? {} : { entities }),
  });
  // Deletes dropped in between would be missing from this page for ever.
  if ((await store.bounds(caller.space)).horizon !== bounds.horizon) return pull(context, caller, request);
  const changes: RecordChange[] = [];
  for (const record of records) {
    if (await mayRead(context, caller, record)) changes.push(changeOf(record, since));
    // Who starts from nothing has nothing to forget.
    else if (from !== undefined) changes.push({ kind: 'remove', entity: record.entity, id: record.id });
  }
  const seq =
    remaining > 0 ? (records.at(-1)?.seq ?? after) : Math.max(after, bounds.head, records.at(-1)?.seq ?? 0);
  const floor = from?.floor ?? bounds.horizon;
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

function mayRead(
  context: ServerContext,
  { identity, space }: Writer,
  record: ServerRecord,
): boolean | Promise<boolean> {
  const { entity, id: entityId } = record;
  return context.isAllowed({
    identity,
    space,
    action: 'read',
    entity,
    entityId,
    record: plainRecord(record),
  });
}
