import { defineEntity, latest, merge } from 'syncline';
import { z } from 'zod/mini';

const schema = z.object({
  id: z.string(),
  text: z.optional(z.string()),
  done: z.optional(z.string()),
  n: z.optional(z.number()),
});

export type Item = z.infer<typeof schema>;

/** What the pages write. Items named `…-sum` are written together with one step of the item `sum`. */
export const item = defineEntity({
  name: 'item',
  schema,
  strategy: merge({ otherwise: latest() }),
});
