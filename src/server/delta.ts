import type { Json, JsonObject } from '../contracts/json.js';
import { contentHash } from '../diff/canonical.js';
import { escapeSegment } from '../diff/pointer.js';
import type { DeltaRequest } from '../protocol/desk.js';
import { refusal } from '../protocol/refusals.js';
import type { ServerContext, Writer } from './context.js';
import { plainRecord } from './working.js';

/** The leaves of one record that differ from those the asker holds, found by their content hashes. */
export async function delta(context: ServerContext, { identity, space }: Writer, request: DeltaRequest) {
  const { entity, id } = request;
  const [stored] = await context.store.transact(space, (transaction) => transaction.load([{ entity, id }]));
  const record = stored === undefined || stored.deleted === true ? undefined : plainRecord(stored);
  const mayRead =
    record !== undefined &&
    (await context.isAllowed({ identity, space, action: 'read', entity, entityId: id, record }));
  if (!mayRead) throw refusal('not-found', `there is no ${entity} ${id} to read`);
  if (record.version === request.version) return { unchanged: true as const };

  const held = new Map(Object.entries(request.fields));
  const leaves = leavesOf(record.data);
  const paths = new Set(leaves.map(({ path }) => path));
  return {
    version: record.version,
    clock: record.clock,
    stamp: record.stamp,
    changed: leaves.filter(({ path, value }) => held.get(path) !== contentHash(value)),
    removed: [...held.keys()].filter((path) => !paths.has(path)),
  };
}

/** All values that are not objects with something in them. */
function leavesOf(value: Json, path = ''): { readonly path: string; readonly value: Json }[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ path, value }];
  const members = Object.entries(value as JsonObject);
  if (members.length === 0) return [{ path, value }];
  return members.flatMap(([key, member]) => leavesOf(member, `${path}/${escapeSegment(key)}`));
}
