import { defineEntity, list, merge, rule, type FieldRule } from 'syncline';
import { simulated, type SimulateOptions } from 'syncline/testing';
import { z } from 'zod';

/** Adds up what both sides have. It forgets what they had in common. */
const addUp = rule('add up', ({ local, remote }) => Number(local) + Number(remote));

/** A piece that is practised, with the total of its sessions beside them. */
export function practice(seconds: FieldRule): SimulateOptions {
  const piece = defineEntity({
    name: 'piece',
    schema: z.object({
      id: z.string(),
      seconds: z.number(),
      sessions: z.array(z.object({ id: z.string(), seconds: z.number() })),
    }),
    strategy: merge({ fields: { '/seconds': seconds, '/sessions': list({ key: 'id' }) } }),
  });
  const pieces = simulated(piece, {
    create: (_, id) => ({ id, seconds: 0, sessions: [] }),
    edit: (random, { id, seconds, sessions }) => {
      const session = { id: `s${random.int(1_000_000)}`, seconds: random.between(60, 3_600) };
      return { id, seconds: seconds + session.seconds, sessions: [...sessions, session] };
    },
    initial: [{ id: 'gigue', seconds: 600, sessions: [{ id: 's0', seconds: 600 }] }],
    id: () => 'gigue',
    acts: { create: false, upsert: false, delete: false },
  });
  return {
    entities: [pieces],
    invariants: {
      'seconds are those of the sessions': ({ records }) => {
        for (const { id, seconds, sessions } of records(piece)) {
          const total = sessions.reduce((sum, session) => sum + session.seconds, 0);
          if (seconds !== total) return `${id} has ${seconds} seconds, and its sessions have ${total}`;
        }
        return undefined;
      },
    },
    replicas: 2,
    tabs: 1,
    faults: ['partition', 'answer-lost', 'tab-killed'],
  };
}

/** What `syncline simulate` runs. */
export default practice(addUp);
