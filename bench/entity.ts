import { defineEntity } from 'syncline';
import { z } from 'zod';

/** As an application would declare it. */
export const task = defineEntity({
  name: 'task',
  schema: z.object({
    id: z.string(),
    title: z.string(),
    project: z.string(),
    minutes: z.number(),
    done: z.boolean(),
    notes: z.string(),
  }),
  indexes: ['project'],
});
