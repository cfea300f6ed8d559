import type { Json, JsonObject } from '../contracts/json.js';
import type { ConflictStrategy, FieldContext, FieldVerdict, RecordContext } from '../contracts/resolver.js';
import { equalJson } from '../diff/canonical.js';
import { freeze } from '../diff/freeze.js';
import { toJson } from '../diff/json.js';
import { isJsonObject } from '../diff/shape.js';
import { reasonOf } from '../errors.js';
import { manualField } from './rules.js';
import { strategy, type StrategyOptions } from './strategies.js';
import { leave, side } from './verdict.js';

/**
 * Your function decides the disagreeing fields of an operation together: one side for all of them, `conflict` for a
 * person, or a value for each path (a path it does not name keeps the record's value). It must be pure.
 *
 * @example
 * ```ts
 * import { custom } from 'syncline';
 *
 * const strategy = custom(({ fields }) => (fields.some(({ path }) => path === '/locked') ? 'remote' : 'local'));
 * ```
 */
export function custom(
  decide: (context: RecordContext) => 'local' | 'remote' | 'conflict' | Readonly<Record<string, Json>>,
  options: StrategyOptions = {},
): ConflictStrategy {
  return {
    ...strategy('custom', manualField(), options.deletes ?? 'conflict'),
    decide: (context) => judgeBy(decide, context),
  };
}

/** What the application's own function says to each field. When it fails, or says nothing of use, a person decides. */
function judgeBy(
  decide: Parameters<typeof custom>[0],
  context: RecordContext,
): (field: FieldContext) => FieldVerdict {
  try {
    const answer = toJson(decide(freeze(context)));
    if (answer === 'conflict') return () => leave('The custom strategy left it to a person.');
    if (answer === 'local' || answer === 'remote')
      return (field) => side(field, answer, `The custom strategy took the ${answer} side.`);
    if (isJsonObject(answer)) return (field) => valueVerdict(answer, field);
    return () => leave('The custom strategy gave no answer that can be used.');
  } catch (error) {
    return () => leave(`The custom strategy failed: ${reasonOf(error)}.`);
  }
}

function valueVerdict(values: JsonObject, field: FieldContext): FieldVerdict {
  const value = Object.hasOwn(values, field.path) ? values[field.path] : field.remote;
  const winner = equalJson(value, field.remote) ? 'remote' : equalJson(value, field.local) ? 'local' : 'both';
  return { value, winner, why: 'The custom strategy gave this value.' };
}
