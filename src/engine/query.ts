import type { EntityDefinition } from '../contracts/entity.js';
import type { Json, JsonObject } from '../contracts/json.js';
import type { ScanOptions, ScanRange } from '../contracts/storage.js';
import { equalJson } from '../diff/canonical.js';
import { freeze } from '../diff/freeze.js';
import { escapeSegment } from '../diff/pointer.js';
import { ownValue } from '../diff/shape.js';

/** What a field must be like. All that is given must hold. */
export interface Condition<V> {
  /** Equal as JSON. */
  readonly eq?: V;
  /** Not equal; an absent value is not equal to any. */
  readonly ne?: V;
  /** Greater: numbers with numbers, text with text by UTF-16 code unit; others never are. */
  readonly gt?: V;
  readonly gte?: V;
  readonly lt?: V;
  readonly lte?: V;
  /** Equal to one of these. */
  readonly in?: readonly V[];
  /** For arrays: holds this member. For text: holds this part. */
  readonly contains?: V extends readonly (infer M)[] ? M : V;
}

/** Conditions by field, all of which must hold: a value, `undefined` for none, or operators. Or any function of the row. */
export type Where<T> = { readonly [K in keyof T]?: T[K] | Condition<T[K]> } | ((row: T) => boolean);

export interface Query<T> {
  readonly where?: Where<T>;
  /** A field, or a field and a direction. Numbers come before text, rows without the field last, ties by id. */
  readonly orderBy?: (string & keyof T) | readonly [string & keyof T, 'asc' | 'desc'];
  readonly limit?: number;
  /** Rows to skip. Default 0. */
  readonly offset?: number;
}

/** A row that a query looks at. */
export interface QueryRow {
  readonly id: string;
  readonly data: JsonObject;
}

/** A query made ready to run. */
export interface CompiledQuery {
  readonly scan: ScanOptions;
  /** Whether the scan gives the rows in the wanted order. */
  readonly isOrdered: boolean;
  matches(data: JsonObject): boolean;
  compare(a: QueryRow, b: QueryRow): number;
  /** The part of the ordered matches that is asked for. */
  page<R>(rows: readonly R[]): readonly R[];
}

type Test = (value: Json | undefined, bound: Json) => boolean;

const isEqual: Test = (value, bound) => value === bound || equalJson(value, bound);

/** Numbers with numbers, text with text. */
const compared =
  (isWithin: (order: number) => boolean): Test =>
  (value, bound) =>
    typeof value === typeof bound &&
    (typeof value === 'number' || typeof value === 'string') &&
    isWithin(compareValues(value, bound, 1));

const tests: Readonly<Record<keyof Condition<Json>, Test>> = {
  eq: isEqual,
  ne: (value, bound) => !isEqual(value, bound),
  gt: compared((order) => order > 0),
  gte: compared((order) => order >= 0),
  lt: compared((order) => order < 0),
  lte: compared((order) => order <= 0),
  in: (value, bound) => (bound as readonly Json[]).some((each) => isEqual(value, each)),
  contains: (value, bound) =>
    typeof value === 'string'
      ? typeof bound === 'string' && value.includes(bound)
      : Array.isArray(value) && value.some((each: Json) => isEqual(each, bound)),
};

export function compileQuery<T>(definition: EntityDefinition, query: Query<T> = {}): CompiledQuery {
  const { where = {}, orderBy, limit, offset = 0 } = query;
  const predicate =
    typeof where === 'function' ? (where as unknown as (row: JsonObject) => boolean) : undefined;
  const conditions = Object.entries(predicate === undefined ? where : {}).map(
    ([name, wanted]) => [name, conditionOf(wanted)] as const,
  );
  const [field, direction] = typeof orderBy === 'string' ? [orderBy] : (orderBy ?? []);
  const sign = direction === 'desc' ? -1 : 1;
  const scan = planOf(definition, conditions);
  return {
    scan,
    // Equal keys of an index, like all rows without one, come by id.
    isOrdered: field === undefined && scan.range?.lower === scan.range?.upper,
    matches: (data) =>
      predicate === undefined
        ? conditions.every(([name, condition]) => holds(ownValue(data, name), condition))
        : Boolean(predicate(freeze(data))),
    compare(a, b) {
      const byField =
        field === undefined ? 0 : compareValues(ownValue(a.data, field), ownValue(b.data, field), sign);
      return byField !== 0 ? byField : compareText(a.id, b.id);
    },
    page: (rows) => rows.slice(offset, offset + (limit ?? Infinity)),
  };
}

/** `undefined`: the field must be absent. */
function conditionOf(wanted: unknown): Condition<Json> | undefined {
  if (wanted === undefined) return undefined;
  const isCondition =
    typeof wanted === 'object' &&
    wanted !== null &&
    Object.keys(wanted).length > 0 &&
    Object.keys(wanted).every((key) => Object.hasOwn(tests, key));
  return isCondition ? wanted : { eq: wanted as Json };
}

function holds(value: Json | undefined, condition: Condition<Json> | undefined): boolean {
  if (condition === undefined) return value === undefined;
  for (const operator of Object.keys(condition) as (keyof Condition<Json>)[]) {
    const bound = condition[operator];
    if (bound !== undefined && !tests[operator](value, bound)) return false;
  }
  return true;
}

/** Numbers before text before all else; absent last whichever way the order runs. */
function compareValues(a: Json | undefined, b: Json | undefined, sign: number): number {
  const rankA = rankOf(a);
  const rankB = rankOf(b);
  if (rankA === 2 || rankB === 2) return rankA - rankB;
  if (rankA !== rankB) return sign * (rankA - rankB);
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * compareText(a as string, b as string);
}

function rankOf(value: Json | undefined): 0 | 1 | 2 {
  return typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An index scan where a condition bounds an indexed field; otherwise the whole table. */
function planOf(
  definition: EntityDefinition,
  conditions: readonly (readonly [string, Condition<Json> | undefined])[],
): ScanOptions {
  for (const [field, condition] of conditions) {
    const index = `/${escapeSegment(field)}`;
    const range = definition.indexes.includes(index) ? rangeOf(condition ?? {}) : undefined;
    if (range !== undefined) return { index, range };
  }
  return {};
}

function rangeOf({ eq, gt, gte, lt, lte }: Condition<Json>): ScanRange | undefined {
  if (isBound(eq)) return { lower: eq, upper: eq };
  const lower = gt ?? gte;
  const upper = lt ?? lte;
  if (!isBound(lower) && !isBound(upper)) return undefined;
  return {
    ...(isBound(lower) ? { lower, lowerOpen: gt !== undefined } : {}),
    ...(isBound(upper) ? { upper, upperOpen: lt !== undefined } : {}),
  };
}

function isBound(value: Json | undefined): value is number | string {
  return typeof value === 'number' || typeof value === 'string';
}

/** A field name or a JSON Pointer, as a JSON Pointer. */
export function toPath(field: string): string {
  return field === '' || field.startsWith('/') ? field : `/${escapeSegment(field)}`;
}
