import { map, type Observable } from 'rxjs';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Json, JsonObject } from '../contracts/json.js';
import type { FieldChange } from '../contracts/operation.js';
import { toJson } from '../diff/json.js';
import { SyncError } from '../errors.js';
import { isKeyText } from '../protocol/interior.js';
import type { Context } from './context.js';
import { freeze, liveData, runQuery, watchQuery, type Source } from './live.js';
import type { Intent, WriteOptions } from './operations.js';
import { compileQuery, toPath, type Query } from './query.js';
import type { Receipt, ReceiptDesk } from './receipts.js';
import { recordTable } from './rows.js';
import { write } from './write.js';

/** New values for some fields, or a function that changes a copy of the data (or returns new data). */
export type Patch<T> = { readonly [K in keyof T]?: T[K] | undefined } | ((draft: T) => T | void);

/**
 * The records of one entity. Each write resolves when it is durable on this device, and rejects with a `SyncError`
 * (`validation`, `not-found`, `conflict`, `limit`, `storage-quota`, …) when nothing was stored. What is read is frozen.
 */
export interface Collection<T extends object> {
  /** Adds a record; an absent id is minted. Rejects with `conflict` when there is one with that id. */
  create(data: Creatable<T>, options?: WriteOptions): Promise<Receipt>;
  /** Adds many in one commit. */
  createMany(data: readonly Creatable<T>[], options?: WriteOptions): Promise<readonly Receipt[]>;
  /** Changes fields; `undefined` removes one. Rejects with `not-found` when there is no such record. */
  update(id: string, patch: Patch<T>, options?: WriteOptions): Promise<Receipt>;
  /** Adds the record, or makes the one that is there equal to it. */
  upsert(data: Creatable<T>, options?: WriteOptions): Promise<Receipt>;
  /** Deletes the record. Rejects with `not-found` when there is none. */
  delete(id: string, options?: WriteOptions): Promise<Receipt>;
  /** Adds to a number. Commutes with what others add. */
  increment(id: string, field: string, by?: number, options?: WriteOptions): Promise<Receipt>;
  /** Adds members to an array that is a set. Commutes with what others add. */
  add(id: string, field: string, members: readonly Json[], options?: WriteOptions): Promise<Receipt>;
  /** Removes members from an array that is a set. */
  remove(id: string, field: string, members: readonly Json[], options?: WriteOptions): Promise<Receipt>;
  /** The record as it is read now, with what this device wrote; `undefined` when there is none or it is deleted. */
  get(id: string): Promise<Readonly<T> | undefined>;
  /** The rows of a query, once; all of them, by id, without one. */
  list(query?: Query<T>): Promise<readonly Readonly<T>[]>;
  /** The rows of a query, now and after each change of them. */
  watch(query?: Query<T>): Observable<readonly Readonly<T>[]>;
}

/** Data whose id may be left to be minted. */
export type Creatable<T extends object> = T extends { readonly id: string }
  ? Omit<T, 'id'> & { readonly id?: string }
  : T;

/** The writes of a transaction. Nothing happens before the function that is given them returns. */
export interface TransactionCollection<T extends object> {
  /** Returns the record's id. */
  create(data: Creatable<T>, options?: WriteOptions): string;
  /** As in a collection; later writes of the transaction see it. */
  update(id: string, patch: Patch<T>, options?: WriteOptions): void;
  /** Returns the record's id. */
  upsert(data: Creatable<T>, options?: WriteOptions): string;
  delete(id: string, options?: WriteOptions): void;
  increment(id: string, field: string, by?: number, options?: WriteOptions): void;
  add(id: string, field: string, members: readonly Json[], options?: WriteOptions): void;
  remove(id: string, field: string, members: readonly Json[], options?: WriteOptions): void;
}

export function createCollection<T extends object>(
  context: Context,
  source: Source,
  desk: ReceiptDesk,
  definition: EntityDefinition,
): Collection<T> {
  const intents = intentsOf<T>(context, definition);
  const writeAll = async (all: readonly Intent[]): Promise<readonly Receipt[]> => {
    const written = await context.committer.run((transaction) => write(context, transaction, all));
    return written.map(({ entityId, operationId }) => desk.receipt(entityId, operationId));
  };
  const writeOne = async (make: () => Intent): Promise<Receipt> => {
    const [receipt] = await writeAll([make()]);
    if (receipt === undefined) throw new SyncError('internal', 'a write gave no receipt');
    return receipt;
  };
  return {
    create: (data, options) => writeOne(() => intents.create(data, options)),
    createMany: async (data, options) => writeAll(data.map((each) => intents.create(each, options))),
    update: (id, patch, options) => writeOne(() => intents.update(id, patch, options)),
    upsert: (data, options) => writeOne(() => intents.upsert(data, options)),
    delete: (id, options) => writeOne(() => intents.delete(id, options)),
    increment: (id, field, by = 1, options) =>
      writeOne(() => intents.change(id, 'increment', field, by, options)),
    add: (id, field, members, options) => writeOne(() => intents.change(id, 'add', field, members, options)),
    remove: (id, field, members, options) =>
      writeOne(() => intents.change(id, 'remove', field, members, options)),
    async get(id) {
      const [row] = await source.storage.get(recordTable(definition.name), [id]);
      const data = liveData(row?.value);
      return data && (freeze(data) as T);
    },
    list: async (query) =>
      (await runQuery(source, definition, compileQuery(definition, query))) as readonly T[],
    watch: (query = {}) => watchQuery(source, definition, query).pipe(map((rows) => rows as readonly T[])),
  };
}

/** Turns calls into intents; checks what can be checked without the record. */
export function intentsOf<T extends object>(context: Context, definition: EntityDefinition) {
  const given = (options: WriteOptions | undefined) =>
    options === undefined ? {} : { options: ownCopy(options) as WriteOptions };
  const identified = (data: Creatable<T>): { readonly id: string; readonly data: JsonObject } => {
    const { idField } = definition;
    const object = data as unknown as JsonObject;
    const id = object[idField] ?? context.runtime.uuid();
    if (typeof id !== 'string' || id.length === 0 || id.length > idLengthMax || !isKeyText(id)) {
      throw new SyncError(
        'validation',
        `${definition.name}: '${idField}' must be a text of 1 to ${idLengthMax} characters, without NUL and half surrogate pairs`,
      );
    }
    return { id, data: ownCopy({ ...object, [idField]: id }) as JsonObject };
  };
  return {
    create: (data: Creatable<T>, options?: WriteOptions): Intent => ({
      kind: 'create',
      definition,
      ...identified(data),
      ...given(options),
    }),
    upsert: (data: Creatable<T>, options?: WriteOptions): Intent => ({
      kind: 'upsert',
      definition,
      ...identified(data),
      ...given(options),
    }),
    update(id: string, patch: Patch<T>, options?: WriteOptions): Intent {
      // Here, because a field that is to be removed is not in the data any more.
      definition.local?.refuse(definition.name, patch);
      const next = typeof patch === 'function' ? changedBy(patch) : patchedWith(patch);
      return { kind: 'update', definition, id, next, ...given(options) };
    },
    delete: (id: string, options?: WriteOptions): Intent => ({
      kind: 'delete',
      definition,
      id,
      ...given(options),
    }),
    change(
      id: string,
      action: 'increment' | 'add' | 'remove',
      field: string,
      value: unknown,
      options?: WriteOptions,
    ): Intent {
      const change: FieldChange = { path: toPath(field), action, value: ownCopy(value) };
      return { kind: 'change', definition, id, change, ...given(options) };
    },
  };
}

const idLengthMax = 256;

/** The caller may change what it gave as soon as the call returns, and the write comes later. */
function ownCopy(value: unknown, path = ''): Json {
  return toJson(value, { copies: true, path });
}

function patchedWith(patch: object): (data: JsonObject) => unknown {
  const fields = Object.entries(patch).map(
    ([key, value]) => [key, value === undefined ? value : ownCopy(value, toPath(key))] as const,
  );
  return (data) => ({ ...data, ...Object.fromEntries(fields) });
}

function changedBy<T extends object>(change: (draft: T) => T | void): (data: JsonObject) => unknown {
  return (data) => {
    const draft = structuredClone(data) as unknown as T;
    return change(draft) ?? draft;
  };
}
