import type { Observable } from 'rxjs';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Json } from '../contracts/json.js';
import { freeze } from '../diff/freeze.js';
import type { FieldOf } from '../resolve/define-entity.js';
import type { Context } from './context.js';
import { liveData, runQuery, watchQuery } from './live.js';
import type { Intent, WriteOptions } from './operations.js';
import { compileQuery, type Query } from './query.js';
import type { Receipt } from './receipts.js';
import { recordTable } from './rows.js';
import { verbsOf, type Creatable, type Patch } from './verbs.js';
import { write } from './write.js';

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
  increment(id: string, field: FieldOf<T>, by?: number, options?: WriteOptions): Promise<Receipt>;
  /** Adds members to an array that is a set. Commutes with what others add. */
  add(id: string, field: FieldOf<T>, members: readonly Json[], options?: WriteOptions): Promise<Receipt>;
  /** Removes members from an array that is a set. */
  remove(id: string, field: FieldOf<T>, members: readonly Json[], options?: WriteOptions): Promise<Receipt>;
  /** The record as it is read now, with what this device wrote; `undefined` when there is none or it is deleted. */
  get(id: string): Promise<Readonly<T> | undefined>;
  /** The rows of a query, once; all of them, by id, without one. */
  list(query?: Query<T>): Promise<readonly Readonly<T>[]>;
  /** The rows of a query, now and after each change of them, until the client is closed. */
  watch(query?: Query<T>): Observable<readonly Readonly<T>[]>;
}

/** The writes of a transaction. Nothing happens before the function that is given them returns. */
export interface TransactionCollection<T extends object> {
  /** Returns the record's id. */
  create(data: Creatable<T>, options?: WriteOptions): string;
  /** As in a collection; later writes of the transaction see it. */
  update(id: string, patch: Patch<T>, options?: WriteOptions): void;
  /** Returns the record's id. */
  upsert(data: Creatable<T>, options?: WriteOptions): string;
  delete(id: string, options?: WriteOptions): void;
  increment(id: string, field: FieldOf<T>, by?: number, options?: WriteOptions): void;
  add(id: string, field: FieldOf<T>, members: readonly Json[], options?: WriteOptions): void;
  remove(id: string, field: FieldOf<T>, members: readonly Json[], options?: WriteOptions): void;
}

export function createCollection<T extends object>(
  context: Context,
  definition: EntityDefinition,
): Collection<T> {
  const writeOne = async (make: () => Intent): Promise<Receipt> => {
    const [receipt] = await writeAll(context, [make()]);
    return receipt!;
  };
  const { create } = verbsOf<T, Intent>(context, definition, (make) => make());
  return {
    ...verbsOf<T, Promise<Receipt>>(context, definition, writeOne),
    createMany: async (data, options) =>
      writeAll(
        context,
        data.map((each) => create(each, options)),
      ),
    async get(id) {
      const [row] = await context.storage.get(recordTable(definition.name), [id]);
      const data = liveData(row?.value);
      return data && (freeze(data) as T);
    },
    list: async (query) =>
      (await runQuery(context, definition, compileQuery(definition, query))) as readonly T[],
    watch: (query) =>
      watchQuery(context, definition, query) as Observable<readonly object[]> as Observable<readonly T[]>,
  };
}

/** Writes all of it in one commit, with one fate at the server where it is `grouped`. */
export async function writeAll(
  context: Context,
  intents: readonly Intent[],
  grouped?: boolean,
): Promise<readonly Receipt[]> {
  const written = await context.committer.run((transaction) => write(context, transaction, intents, grouped));
  return written.map(({ entityId, operationId }) => context.desk.receipt(entityId, operationId));
}
