import type { Json } from '../contracts/json.js';
import { SyncError } from '../errors.js';
import { formatPointer } from './pointer.js';
import { isUnsafeKey } from './shape.js';

export interface JsonOptions {
  /** Objects and arrays inside one another. Default 32. */
  readonly maxDepth?: number;
  /** JSON Pointer of the value itself, for messages. Default `''`. */
  readonly path?: string;
  /** Whether the result must share nothing with the value: for what somebody else may change later. Default false. */
  readonly copies?: boolean;
}

/**
 * The value as JSON, which survives being written and read and is safe to walk: a copy without `undefined` properties
 * and with `0` for `-0`, or the value itself when there was nothing to change.
 *
 * Refuses, with code `validation` and the JSON Pointer of the culprit: NaN and infinities, bigints, functions, symbols,
 * `undefined` elsewhere, class instances (Date, Map …), cycles, more than `maxDepth` levels, and the keys `__proto__`,
 * `constructor` and `prototype`.
 *
 * `{ title: 'Tea', note: undefined }` becomes `{ title: 'Tea' }`.
 */
export function toJson(value: unknown, options?: JsonOptions): Json {
  return new Walk(options).visit(value);
}

/** One walk down a value. Knows where it is, for messages, and what it is inside of, for cycles. */
class Walk {
  readonly #maxDepth: number;
  readonly #path: string;
  readonly #copies: boolean;
  readonly #trail: (string | number)[] = [];
  readonly #within: object[] = [];

  constructor({ maxDepth = 32, path = '', copies = false }: JsonOptions = {}) {
    this.#maxDepth = maxDepth;
    this.#path = path;
    this.#copies = copies;
  }

  visit(value: unknown): Json {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) this.#refuse(String(value));
      return value === 0 ? 0 : value;
    }
    if (typeof value !== 'object') this.#refuse(kindOf(value));
    if (this.#within.includes(value)) this.#refuse('a cycle');
    if (this.#within.length >= this.#maxDepth) this.#refuse(`more than ${this.#maxDepth} levels of nesting`);
    this.#within.push(value);
    const visited = Array.isArray(value) ? this.#visitArray(value) : this.#visitObject(value);
    this.#within.pop();
    return visited;
  }

  #visitArray(source: readonly unknown[]): Json {
    let copy: Json[] | undefined = this.#copies ? [] : undefined;
    for (let i = 0; i < source.length; i++) {
      this.#trail.push(i);
      const item = this.visit(source[i]);
      if (copy === undefined && !Object.is(item, source[i])) copy = source.slice(0, i) as Json[];
      copy?.push(item);
      this.#trail.pop();
    }
    return copy ?? (source as readonly Json[]);
  }

  #visitObject(source: object): Json {
    if (!isPlain(source)) {
      // Nobody else has it: its rejection would end the process.
      if (source instanceof Promise) source.catch(() => undefined);
      this.#refuse(kindOf(source));
    }
    const members = source as Readonly<Record<string, unknown>>;
    const keys = Object.keys(members);
    let copy: Record<string, Json> | undefined = this.#copies ? {} : undefined;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const value = members[key];
      this.#trail.push(key);
      if (isUnsafeKey(key)) this.#refuse(`the key "${key}"`);
      const member = value === undefined ? undefined : this.visit(value);
      const isKept = value !== undefined && Object.is(member, value);
      if (copy === undefined && !isKept) copy = pick(members, keys.slice(0, i));
      if (copy !== undefined && member !== undefined) copy[key] = member;
      this.#trail.pop();
    }
    return copy ?? (source as Json);
  }

  #refuse(found: string): never {
    const path = this.#path + formatPointer(this.#trail.map(String));
    throw new SyncError(
      'validation',
      `${path === '' ? 'the value' : `the value at "${path}"`} is no JSON: found ${found}`,
      {
        hint: 'Store plain objects, arrays, strings, finite numbers, booleans and null; write dates as text.',
        details: { path, found },
      },
    );
  }
}

function pick(members: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, Json> {
  const copy: Record<string, Json> = {};
  for (const key of keys) copy[key] = members[key] as Json;
  return copy;
}

/** True for objects of any realm that inherit from nothing but `Object.prototype`. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const maker: unknown = (Object.getPrototypeOf(value) as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker.name !== ''
    ? `an instance of ${maker.name}`
    : 'an instance of a class';
}
