import type { FieldChange, JsonObject, Operation, VersionVector } from 'syncline';

/** What an author has seen of a record. */
export interface Seen {
  readonly id: string;
  readonly clock: VersionVector;
}

/** One replica that writes operations: counts, and puts a stamp on each. */
export class Author {
  #counter = 0;

  constructor(
    readonly name: string,
    readonly entity: string,
    readonly nextTime: () => number,
    readonly nextId: () => string,
  ) {}

  /** A record nobody has. */
  create(id: string, data: JsonObject = {}, fields: Partial<Operation> = {}): Operation {
    const value = { ...sample(id), ...data };
    return this.write({ id, clock: {} }, [{ path: '', action: 'set', value }], { kind: 'create', ...fields });
  }

  update(seen: Seen, changes: readonly FieldChange[], fields: Partial<Operation> = {}): Operation {
    return this.write(seen, changes, fields);
  }

  delete(seen: Seen): Operation {
    return this.write(seen, [{ path: '', action: 'unset' }], { kind: 'delete' });
  }

  /** An update, unless `fields` say otherwise. */
  write({ id, clock }: Seen, changes: readonly FieldChange[], fields: Partial<Operation> = {}): Operation {
    this.#counter++;
    return {
      id: this.nextId(),
      entity: this.entity,
      entityId: id,
      kind: 'update',
      changes,
      clock: { ...clock, [this.name]: this.#counter },
      stamp: stampOf(this.nextTime(), this.name),
      schemaVersion: 1,
      ...fields,
    };
  }
}

/** A record as the author of an operation sees it afterwards. */
export function after({ entityId, clock }: Operation): Seen {
  return { id: entityId, clock };
}

export function stampOf(timeMs: number, author: string): string {
  return `${Math.floor(timeMs).toString(16).padStart(12, '0')}-0000-${author}`;
}

export function set(path: string, value: Exclude<FieldChange['value'], undefined>): FieldChange {
  return { path, action: 'set', value };
}

export function sample(id: string): JsonObject {
  return { id, text: 'a', count: 1, tags: ['x'], place: { city: 'Bonn' } };
}
