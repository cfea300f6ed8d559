import type { Json } from '../contracts/json.js';
import { valueAt } from './key-of.js';

type Make = (source: Json) => Json | undefined;

/** Makes values by the template of a `RowTemplate`. */
export function compileTemplate(template: Json): Make {
  if (typeof template === 'string' && template.startsWith('/')) return valueAt(template);
  if (typeof template !== 'object' || template === null) return () => template;
  const keys = Object.keys(template);
  const makes = Object.values(template as Readonly<Record<string, Json>>).map(compileTemplate);
  if (Array.isArray(template)) return (source) => makes.map((make) => make(source)) as Json;
  let last = template as Readonly<Record<string, Json | undefined>>;
  return (source) => {
    // A copy of the one before has its members from the start, each of the right kind: a fifth of the time of adding them.
    const value = { ...last };
    for (let at = 0; at < keys.length; at++) value[keys[at]!] = makes[at]!(source);
    last = value;
    return value as Json;
  };
}
