import type { Json, JsonObject, PullAnswer, RecordChange, SyncRecord } from 'syncline';

/** What a replica holds of one record; a tombstone is told without its data. */
export type MirrorRecord = Pick<SyncRecord, 'entity' | 'id' | 'version' | 'clock' | 'stamp'> &
  Partial<Pick<SyncRecord, 'data' | 'stamps' | 'decisions'>> & { readonly deleted?: true };

/** The records of one replica that only pulls. */
export class Mirror {
  readonly #records = new Map<string, MirrorRecord>();
  cursor: string | undefined;

  constructor(cursor?: string) {
    this.cursor = cursor;
  }

  take({ changes, cursor, reset }: PullAnswer): void {
    if (reset === true) this.#records.clear();
    for (const change of changes) this.#apply(change);
    this.cursor = cursor;
  }

  get(id: string): MirrorRecord | undefined {
    return this.#records.get(id);
  }

  #apply(change: RecordChange): void {
    switch (change.kind) {
      case 'put':
        this.#records.set(change.record.id, change.record);
        return;
      case 'remove':
        this.#records.delete(change.id);
        return;
      case 'delete': {
        const { kind: _, ...told } = change;
        this.#records.set(change.id, { ...told, deleted: true });
        return;
      }
      case 'patch': {
        const { kind: _, set, unset, ...told } = change;
        const held = this.#records.get(change.id);
        if (held?.data === undefined)
          throw new Error(`a patch came for ${change.id}, of which nothing is held`);
        const pruned = unset.reduce<JsonObject>((data, path) => valueAt(data, path, undefined), held.data);
        const data = set.reduce<JsonObject>(
          (written, { path, value }) => valueAt(written, path, value),
          pruned,
        );
        this.#records.set(change.id, { ...told, data });
      }
    }
  }
}

/** The object with the value at that path; `undefined` takes it out. */
function valueAt(data: JsonObject, path: string, value: Json | undefined): JsonObject {
  if (path === '') return isObject(value) ? value : {};
  const [, key = '', ...rest] = path.split('/');
  const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
  const { [name]: present, ...others } = data;
  if (rest.length === 0) return value === undefined ? others : { ...data, [name]: value };
  if (!isObject(present) && value === undefined) return data;
  return { ...data, [name]: valueAt(isObject(present) ? present : {}, `/${rest.join('/')}`, value) };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
