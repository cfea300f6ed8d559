import { defineEntity, lastWriteWins } from 'syncline';
import { z } from 'zod';

/** One counter that all clients step, and one note for each step. */
export const note = defineEntity({
  name: 'note',
  schema: z.object({ id: z.string(), count: z.number() }),
  strategy: lastWriteWins(),
});
