import type { Json, JsonObject } from '../contracts/json.js';
import { parsePointer } from '../diff/pointer.js';
import { ownValue } from '../diff/shape.js';

/** Makes values by a template, in which each text is a JSON Pointer into the source and stands for what is there. */
export function compileTemplate(template: Json): (source: Json | undefined) => Json | undefined {
  if (typeof template === 'string') {
    const segments = parsePointer(template);
    return (source) => {
      let value = source;
      for (const segment of segments)
        value =
          typeof value === 'object' && value !== null ? ownValue(value as JsonObject, segment) : undefined;
      return value;
    };
  }
  if (typeof template !== 'object' || template === null) return () => template;
  const members = Object.entries(template).map(([key, each]) => [key, compileTemplate(each)] as const);
  const isArray = Array.isArray(template);
  return (source) => {
    const value: Record<string, Json | undefined> = {};
    for (const [key, make] of members) value[key] = make(source);
    return (isArray ? Object.values(value) : value) as Json;
  };
}
