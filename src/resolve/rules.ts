import type { Json } from '../contracts/json.js';
import type { FieldContext, FieldRule, FieldVerdict, RuleLaws } from '../contracts/resolver.js';
import { canonicalJson, equalJson } from '../diff/canonical.js';
import { toJson } from '../diff/json.js';
import { reasonOf } from '../errors.js';
import { leave, take } from './verdict.js';

/** A choice among the sides obeys all three laws. */
const lattice: RuleLaws = { commutative: true, associative: true, idempotent: true };
const projection: RuleLaws = { commutative: false, associative: true, idempotent: true };

/** The operation's own value wins. */
export function local(): FieldRule {
  return {
    name: 'local',
    laws: projection,
    needsBase: false,
    decide: (field) => ({ value: field.local, winner: 'local', why: 'The local value wins by rule.' }),
  };
}

/** The value that is already there wins. */
export function remote(): FieldRule {
  return {
    name: 'remote',
    laws: projection,
    needsBase: false,
    decide: (field) => ({ value: field.remote, winner: 'remote', why: 'The remote value wins by rule.' }),
  };
}

/**
 * The value that was written later wins, by stamp.
 *
 * The laws hold for values together with their stamps. Should two stamps be equal, the larger canonical text wins.
 */
export function latest(): FieldRule {
  return { name: 'latest', laws: lattice, needsBase: false, decide: decideLatest };
}

/** The larger of two numbers, or of two strings by UTF-16 code unit; an absent value loses. Other types conflict. */
export function max(): FieldRule {
  return extreme('max', 'larger', (a, b) => a > b);
}

/** The smaller of two numbers, or of two strings by UTF-16 code unit; an absent value loses. Other types conflict. */
export function min(): FieldRule {
  return extreme('min', 'smaller', (a, b) => a < b);
}

/**
 * Adds up what both sides did to a number: base plus both differences; an absent value counts as 0.
 *
 * Other types, and sums that are not finite, conflict. Adding integers below 2^53 is associative, too; with
 * fractions rounding gets in the way, so the law is not claimed.
 */
export function sum(): FieldRule {
  return {
    name: 'sum',
    laws: { commutative: true, associative: false, idempotent: false },
    needsBase: true,
    decide: decideSum,
  };
}

/** A person decides. */
export function manualField(): FieldRule {
  return {
    name: 'manual',
    laws: { commutative: true, associative: true, idempotent: false },
    needsBase: false,
    decide: () => leave('This field is decided by a person.'),
  };
}

export interface RuleOptions {
  /** What you promise about it. Default: nothing. */
  readonly laws?: Partial<RuleLaws>;
  /** Whether the function reads `base`. Default true. */
  readonly needsBase?: boolean;
}

/**
 * A rule of your own: a pure function of the field that returns the value to take, `undefined` for none.
 *
 * When it throws, or returns something that is no JSON, a person decides, and reads the message.
 *
 * @example
 * ```ts
 * import { rule } from 'syncline';
 *
 * const longer = rule('longer', ({ local, remote }) =>
 *   String(local).length > String(remote).length ? local : remote,
 * );
 * ```
 */
export function rule(
  name: string,
  fn: (field: FieldContext) => Json | undefined,
  { laws, needsBase = true }: RuleOptions = {},
): FieldRule {
  return {
    name,
    laws: { commutative: false, associative: false, idempotent: false, ...laws },
    needsBase,
    decide(field) {
      try {
        const value = fn(field);
        return take(field, value === undefined ? undefined : toJson(value), `The rule "${name}" decided.`);
      } catch (error) {
        return leave(`The rule "${name}" failed: ${reasonOf(error)}.`);
      }
    },
  };
}

function decideLatest(field: FieldContext): FieldVerdict {
  const { localStamp, remoteStamp } = field;
  const isLocal =
    localStamp === remoteStamp ? rank(field.local) > rank(field.remote) : localStamp > remoteStamp;
  return isLocal
    ? { value: field.local, winner: 'local', why: 'The local value was written later.' }
    : { value: field.remote, winner: 'remote', why: 'The remote value was written later.' };
}

function rank(value: Json | undefined): string {
  return value === undefined ? '' : canonicalJson(value);
}

function extreme(
  name: string,
  adjective: string,
  beats: (a: number | string, b: number | string) => boolean,
): FieldRule {
  return {
    name,
    laws: lattice,
    needsBase: false,
    decide(field) {
      const { local, remote } = field;
      if (equalJson(local, remote)) return take(field, remote, 'Both sides have the same value.');
      if (local === undefined) return take(field, remote, 'Only the remote side has a value.');
      if (remote === undefined) return take(field, local, 'Only the local side has a value.');
      if (!isOrdered(local) || !isOrdered(remote) || typeof local !== typeof remote) {
        return leave('The two values cannot be compared.');
      }
      return beats(local, remote)
        ? take(field, local, `The local value is the ${adjective} one.`)
        : take(field, remote, `The remote value is the ${adjective} one.`);
    },
  };
}

function isOrdered(value: Json): value is number | string {
  return typeof value === 'number' || typeof value === 'string';
}

function decideSum(field: FieldContext): FieldVerdict {
  const { base = 0, local = 0, remote = 0 } = field;
  if (typeof base !== 'number' || typeof local !== 'number' || typeof remote !== 'number') {
    return leave('Only numbers can be added up.');
  }
  // Not base + difference + difference: this order gives the same float whichever side is local.
  const total = local + remote - base;
  if (!Number.isFinite(total)) return leave('The sum is too large for a number.');
  return take(field, total, `Both changes were added to ${base}.`);
}
