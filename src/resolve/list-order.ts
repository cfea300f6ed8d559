import type { Json } from '../contracts/json.js';

/**
 * One order for the items of both sides: the remote one, in which what the local side inserted, moved, or alone still
 * has, stands behind its local predecessor, or at the start where it has none.
 *
 * Moved are as few items as explain the local order: all but a longest run of items that kept their order.
 */
export function mergeOrder(base: readonly Json[], local: readonly Json[], remote: readonly Json[]): Json[] {
  const places = new Map(base.map((id, place) => [id, place]));
  const inRemote = new Set(remote);
  const stayed = longestRun(local, places);

  const placedLocally = new Set<Json>();
  const followers = new Map<Json | undefined, Json[]>();
  let predecessor: Json | undefined;
  for (const id of local) {
    const isMoved = places.has(id) && !stayed.has(id);
    if (inRemote.has(id) && !isMoved) {
      predecessor = id;
      continue;
    }
    placedLocally.add(id);
    const run = followers.get(predecessor);
    if (run === undefined) followers.set(predecessor, [id]);
    else run.push(id);
  }

  const order = [...(followers.get(undefined) ?? [])];
  for (const id of remote) {
    if (!placedLocally.has(id)) order.push(id, ...(followers.get(id) ?? []));
  }
  return order;
}

/**
 * A longest subsequence of `ids` whose places grow; ids without a place are left out.
 *
 * Source: patience sorting; Fredman, "On Computing the Length of Longest Increasing Subsequences", 1975.
 */
function longestRun(ids: readonly Json[], places: ReadonlyMap<Json, number>): Set<Json> {
  interface Link {
    readonly id: Json;
    readonly place: number;
    readonly before: Link | undefined;
  }
  const ends: Link[] = [];
  for (const id of ids) {
    const place = places.get(id);
    if (place === undefined) continue;
    const length = firstIndex(ends, (end) => end.place >= place);
    ends[length] = { id, place, before: ends[length - 1] };
  }
  const run = new Set<Json>();
  for (let link = ends.at(-1); link !== undefined; link = link.before) run.add(link.id);
  return run;
}

/** First index whose item passes a test that all later ones pass, too; the length where none does. */
function firstIndex<T>(items: readonly T[], passes: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && passes(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
