import { Observable, takeUntil } from 'rxjs';
import type { EntityDefinition } from '../contracts/entity.js';
import type { Json, JsonObject } from '../contracts/json.js';
import type { StorageAdapter } from '../contracts/storage.js';
import { freeze } from '../diff/freeze.js';
import { search } from '../storage/sorted-index.js';
import type { Context } from './context.js';
import { compileQuery, type CompiledQuery, type Query, type QueryRow } from './query.js';
import type { MirrorMove } from './mirror.js';
import { recordTable, type RecordRow } from './rows.js';

/** Runs a query once. */
export async function runQuery(
  { storage }: Context,
  definition: EntityDefinition,
  query: CompiledQuery,
): Promise<readonly JsonObject[]> {
  const rows = await matchingRows(storage, definition, query);
  return query.page(rows).map(({ data }) => data);
}

/**
 * The rows of a query, now and after each commit that moves one of them. A commit is compared with the result, never
 * run against the store; rows that do not match cost one look each.
 */
export function watchQuery<T>(
  { storage, committer, feed, closed$ }: Context,
  definition: EntityDefinition,
  query: Query<T> | undefined,
): Observable<readonly JsonObject[]> {
  const rows$ = new Observable<readonly JsonObject[]>((subscriber) => {
    const compiled = compileQuery(definition, query);
    let result: ResultSet | undefined;
    const emit = (set: ResultSet) => subscriber.next(compiled.page(set.rows).map(({ data }) => freeze(data)));
    const stop = feed.listen(recordTable(definition.name), (moves) => {
      if (result === undefined) return;
      try {
        let changed = false;
        for (const { id, value } of moves) changed = result.move(id, liveData(value)) || changed;
        if (changed) emit(result);
      } catch (error) {
        // The application's own condition failed. The commit stands, and everybody else is told of it.
        subscriber.error(error);
      }
    });
    // Between the commits of this tab, so that no commit falls between the first result and the feed.
    committer
      .between(async () => {
        result = new ResultSet(compiled, await matchingRows(storage, definition, compiled));
        if (!subscriber.closed) emit(result);
      })
      .catch((error: unknown) => subscriber.error(error));
    return stop;
  });
  return rows$.pipe(takeUntil(closed$));
}

/** What `list` gives of the outbox, now and after each commit that moves what it is about, until the client is closed. */
export function watchOutbox<T>(
  { mirror, closed$ }: Context,
  list: () => T,
  concerns: (move: MirrorMove) => boolean = () => true,
): Observable<T> {
  return new Observable<T>((subscriber) => {
    subscriber.next(list());
    return mirror.listen((moves) => {
      if (moves.some(concerns)) subscriber.next(list());
    });
  }).pipe(takeUntil(closed$));
}

async function matchingRows(
  storage: StorageAdapter,
  definition: EntityDefinition,
  query: CompiledQuery,
): Promise<QueryRow[]> {
  const rows: QueryRow[] = [];
  for (const { id, value } of await storage.scan(recordTable(definition.name), query.scan)) {
    const data = liveData(value);
    if (data !== undefined && query.matches(data)) rows.push({ id, data: freeze(data) });
  }
  return query.isOrdered ? rows : rows.sort((a, b) => query.compare(a, b));
}

/** What the application sees of a row; nothing where the record is deleted. */
export function liveData(value: Json | undefined): JsonObject | undefined {
  const view = (value as unknown as RecordRow | undefined)?.view;
  return view?.deleted === undefined ? view?.data : undefined;
}

/** The matches of one query, kept in order. */
class ResultSet {
  readonly rows: QueryRow[];
  readonly #query: CompiledQuery;
  readonly #byId: Map<string, QueryRow>;

  constructor(query: CompiledQuery, rows: QueryRow[]) {
    this.#query = query;
    this.rows = rows;
    this.#byId = new Map(rows.map((row) => [row.id, row]));
  }

  /** Takes in a row as it is now; answers whether the result changed. */
  move(id: string, data: JsonObject | undefined): boolean {
    const before = this.#byId.get(id);
    const matches = data !== undefined && this.#query.matches(data);
    if (before?.data === data || (before === undefined && !matches)) return false;
    if (before !== undefined) this.rows.splice(this.#placeOf(before), 1);
    this.#byId.delete(id);
    if (!matches) return true;
    const row = { id, data };
    this.rows.splice(this.#placeOf(row), 0, row);
    this.#byId.set(id, row);
    return true;
  }

  /** Index of the first row that does not come before this one. */
  #placeOf(row: QueryRow): number {
    return search(this.rows, (other) => this.#query.compare(other, row));
  }
}
