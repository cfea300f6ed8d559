import { defineEntity, type EntityDefinition } from 'syncline';

/** What a record of the entity holds that the cases write. */
export interface WireRecord {
  readonly id: string;
  readonly text: string;
  readonly count: number;
  readonly tags: readonly unknown[];
  readonly place: object;
}

/**
 * The entity that the cases write, for a server that has to know it: `conformance`, with `id` and `text` (texts), `count`
 * (a number), `tags` (an array of anything) and `place` (any object). Its strategy is the default one.
 *
 * A server that only compares clocks needs no such thing. `name` is for a server that has another use for the usual one.
 */
export function wireEntity(name = 'conformance'): EntityDefinition<WireRecord> {
  return defineEntity({
    name,
    schema: {
      '~standard': {
        version: 1,
        vendor: 'syncline',
        validate: (value) =>
          isWireRecord(value)
            ? { value }
            : {
                issues: [
                  { message: 'id and text are texts, count is a number, tags an array, place an object' },
                ],
              },
      },
    },
  });
}

function isWireRecord(value: unknown): value is WireRecord {
  const { id, text, count, tags, place } = (value ?? {}) as Record<keyof WireRecord, unknown>;
  return (
    typeof id === 'string' &&
    typeof text === 'string' &&
    typeof count === 'number' &&
    Array.isArray(tags) &&
    typeof place === 'object' &&
    place !== null
  );
}
