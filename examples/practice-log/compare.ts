import type { Json, SyncClient } from 'syncline';
import type { ServerStore } from 'syncline/server';
import { device, piece } from './piece.js';

/** What one side holds: its records by `entity/id`. */
export interface Side {
  readonly name: string;
  readonly records: ReadonlyMap<string, unknown>;
}

export async function sideOfClient(name: string, client: SyncClient): Promise<Side> {
  const pieces = await client.collection(piece).list();
  const devices = await client.collection(device).list();
  return {
    name,
    records: new Map<string, unknown>([
      ...pieces.map((each) => [`piece/${each.id}`, each] as const),
      ...devices.map((each) => [`device/${each.id}`, each] as const),
    ]),
  };
}

/** What lies in the server's store, read beside the sync calls. */
export async function sideOfStore(name: string, store: ServerStore, space = 'default'): Promise<Side> {
  const records = new Map<string, unknown>();
  for (let after = 0, remaining = 1; remaining > 0;) {
    const page = await store.changesSince(space, { after, limit: 1_000 });
    for (const { entity, id, data, deleted, seq } of page.records) {
      if (deleted === undefined) records.set(`${entity}/${id}`, data);
      after = seq;
    }
    remaining = page.remaining;
  }
  return { name, records };
}

/** One sentence for each record that is not the same on all sides; none when they are equal. */
export function differences(sides: readonly Side[]): string[] {
  const keys = [...new Set(sides.flatMap(({ records }) => [...records.keys()]))].sort();
  return keys.flatMap((key) => {
    const texts = sides.map(({ records }) => (records.has(key) ? canonical(records.get(key)) : 'nothing'));
    if (new Set(texts).size === 1) return [];
    return [`${key}: ${sides.map(({ name }, at) => `${name} has ${texts[at] ?? ''}`).join('; ')}`];
  });
}

/** JSON text that does not depend on the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: Json) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
