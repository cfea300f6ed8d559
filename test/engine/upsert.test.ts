import { expect, test } from 'vitest';
import { defineEntity } from 'syncline';
import { z } from 'zod';
import { draft } from '../../src/engine/operations.js';

const bounds = defineEntity({
  name: 'bounds',
  schema: z
    .object({ id: z.string(), title: z.string(), low: z.number().optional(), high: z.number().optional() })
    .refine(({ low = 0, high = 99 }) => low <= high),
});

test('an upsert over a record that a merge made invalid leaves nothing of what was wrong', () => {
  const view = {
    entity: 'bounds',
    id: 'b',
    data: { id: 'b', title: 'T', low: 11, high: 10 },
    version: 3,
    clock: { a: 1 },
    stamp: '018bcfe56800-0000-a',
  };
  const { changes } = draft(
    { kind: 'upsert', definition: bounds, id: 'b', data: { id: 'b', title: 'U' } },
    view,
  );
  expect(changes.map(({ path, action }) => [path, action])).toEqual([
    ['/high', 'unset'],
    ['/low', 'unset'],
    ['/title', 'set'],
  ]);
});
