import { defineEntity, merge, rule } from 'syncline';
import { simulated, type SimulateOptions } from 'syncline/testing';
import { z } from 'zod';

const jar = defineEntity({
  name: 'jar',
  schema: z.object({ id: z.string(), coins: z.number() }),
  // Wrong: where both sides took a coin, one of the two is there again.
  strategy: merge({
    fields: { '/coins': rule('fewer', ({ local, remote }) => Math.min(Number(local), Number(remote))) },
  }),
});

const coins: SimulateOptions = {
  entities: [
    simulated(jar, {
      create: (_, id) => ({ id, coins: 0 }),
      initial: [{ id: 'jar-0', coins: 100 }],
      edit: (_, { id, coins }) => ({ id, coins: coins - 1 }),
      acts: { create: false, upsert: false, delete: false },
      id: () => 'jar-0',
    }),
  ],
  invariants: {
    'each coin is taken once': ({ records, writes }) => {
      const taken = writes().filter(({ fate }) => fate === 'accepted').length;
      const left = records(jar)[0]?.coins;
      return left === 100 - taken ? undefined : `${taken} were taken, and ${left} are left`;
    },
  },
  replicas: 2,
  faults: [],
};

export default coins;
