import type { ConflictStrategy, DeletePolicy, FieldRule } from '../contracts/resolver.js';
import { latest, local, manualField, remote } from './rules.js';

export interface StrategyOptions {
  /** What happens when one side deleted the record and the other changed it. */
  readonly deletes?: DeletePolicy;
}

export interface GranularityOptions extends StrategyOptions {
  /** `record`: when one field of an operation disagrees, all its fields share one fate. Default `field`. */
  readonly granularity?: 'field' | 'record';
}

export interface MergeOptions extends StrategyOptions {
  /** Field rules by JSON Pointer; a rule covers its path as one value. */
  readonly fields?: Readonly<Record<string, FieldRule>>;
  /** Decides all other fields. Default `latest()`. */
  readonly otherwise?: FieldRule;
}

/**
 * The operation that arrives wins each field on which it disagrees with the record, and its deletes and updates win
 * over those of the record, unless `deletes` says otherwise.
 *
 * @example
 * ```ts
 * import { clientWins } from 'syncline';
 *
 * const strategy = clientWins({ deletes: 'update-wins' });
 * ```
 */
export function clientWins(options: StrategyOptions = {}): ConflictStrategy {
  return strategy('clientWins', local(), options.deletes ?? 'local-wins');
}

/**
 * The record wins each field on which an arriving operation disagrees with it; so do its deletes and updates, unless
 * `deletes` says otherwise.
 *
 * @example
 * ```ts
 * import { serverWins } from 'syncline';
 *
 * const strategy = serverWins({ granularity: 'record' });
 * ```
 */
export function serverWins(options: GranularityOptions = {}): ConflictStrategy {
  return {
    ...strategy('serverWins', remote(), options.deletes ?? 'remote-wins'),
    granularity: options.granularity ?? 'field',
  };
}

/**
 * The later stamp wins, field by field or for the record as a whole, and so for deletes.
 *
 * @example
 * ```ts
 * import { lastWriteWins } from 'syncline';
 *
 * const strategy = lastWriteWins({ deletes: 'delete-wins' });
 * ```
 */
export function lastWriteWins(options: GranularityOptions = {}): ConflictStrategy {
  return {
    ...strategy('lastWriteWins', latest(), options.deletes ?? 'latest'),
    granularity: options.granularity ?? 'field',
  };
}

/**
 * Each field is decided by its own rule.
 *
 * @example
 * ```ts
 * import { concat, max, merge, union } from 'syncline';
 *
 * merge({ fields: { '/notes': concat(), '/minutes': max(), '/tags': union() } });
 * ```
 */
export function merge(options: MergeOptions = {}): ConflictStrategy {
  return {
    ...strategy('merge', options.otherwise ?? latest(), options.deletes ?? 'update-wins'),
    fields: options.fields ?? {},
  };
}

/**
 * A person decides each disagreement, in `client.conflicts`.
 *
 * @example
 * ```ts
 * import { manual } from 'syncline';
 *
 * const strategy = manual();
 * ```
 */
export function manual(options: StrategyOptions = {}): ConflictStrategy {
  return strategy('manual', manualField(), options.deletes ?? 'conflict');
}

/** A strategy without field rules of its own. */
export function strategy(
  name: string,
  otherwise: FieldRule,
  deletes: ConflictStrategy['deletes'],
): ConflictStrategy {
  return { name, deletes, granularity: 'field', fields: {}, otherwise };
}
