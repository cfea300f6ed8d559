import { defineEntity, lastWriteWins } from 'syncline';
import { simulated, type SimulateOptions } from 'syncline/testing';
import { z } from 'zod';

const note = defineEntity({
  name: 'note',
  schema: z.object({ id: z.string(), text: z.string() }),
  strategy: lastWriteWins(),
});

const notes: SimulateOptions = {
  entities: [
    simulated(note, { create: (random, id) => ({ id, text: random.pick(['milk', 'tea', 'bread']) }) }),
  ],
  steps: 30,
};

export default notes;
