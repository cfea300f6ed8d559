/** A value that survives `JSON.parse(JSON.stringify(value))` unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Keys `__proto__`, `constructor` and `prototype` are refused at every edge. */
export interface JsonObject {
  readonly [key: string]: Json;
}
