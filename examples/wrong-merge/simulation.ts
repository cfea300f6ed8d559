import { defineEntity, list, merge, rule, type FieldRule } from 'syncline';
import { simulated, type SimulateOptions } from 'syncline/testing';
import { z } from 'zod';

/** Adds up what both sides have. It forgets what they had in common. */
const addUp = rule('add up', ({ local, remote }) => Number(local) + Number(remote));

/** A piece that is practised, with the total of its sessions beside them. */
export function practice(minutes: FieldRule): SimulateOptions {
  const piece = defineEntity({
    name: 'piece',
    schema: z.object({
      id: z.string(),
      minutes: z.number(),
      sessions: z.array(z.object({ id: z.string(), minutes: z.number() })),
    }),
    strategy: merge({ fields: { '/minutes': minutes, '/sessions': list({ key: 'id' }) } }),
  });
  const pieces = simulated(piece, {
    create: (_, id) => ({ id, minutes: 0, sessions: [] }),
    edit: (random, { id, minutes, sessions }) => {
      const session = { id: `s${random.int(1_000_000)}`, minutes: random.between(1, 60) };
      return { id, minutes: minutes + session.minutes, sessions: [...sessions, session] };
    },
    initial: [{ id: 'gigue', minutes: 10, sessions: [{ id: 's0', minutes: 10 }] }],
    id: () => 'gigue',
    acts: { create: false, upsert: false, delete: false },
  });
  return {
    entities: [pieces],
    invariants: {
      'minutes are those of the sessions': ({ records }) => {
        for (const { id, minutes, sessions } of records(piece)) {
          const total = sessions.reduce((sum, session) => sum + session.minutes, 0);
          if (minutes !== total) return `${id} has ${minutes} minutes, and its sessions have ${total}`;
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
