import { defineEntity, lastWriteWins, merge, rule } from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import {
  replay,
  simulate,
  simulateMany,
  simulated,
  timelineHtml,
  timelineText,
  type SimulateOptions,
  type StorageFactory,
} from 'syncline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';

const jar = defineEntity({
  name: 'jar',
  schema: z.object({ id: z.string(), coins: z.number() }),
  strategy: merge({
    fields: { '/coins': rule('fewer', ({ local, remote }) => Math.min(Number(local), Number(remote))) },
  }),
});

/** Where both sides took a coin, one of the two is there again. */
const thieves: SimulateOptions = {
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
  seed: 1,
};

test('a wrong merge rule is found by an invariant, in a history of a few steps', async () => {
  const verdict = await simulate(thieves);
  expect(verdict.broken?.promise).toBe('each coin is taken once');
  expect(verdict.steps).toBeLessThan(10);
  expect(verdict.timeline.at(-1)?.kind).toBe('broken');
  expect(timelineText(verdict)).toContain("Seed 1 breaks 'each coin is taken once'");
});

test('no step of a history that was made small can be spared, with its time or without', async () => {
  const { entities, invariants } = thieves;
  const { program, broken } = await simulate({ entities, invariants: invariants ?? {}, seed: 15 });
  expect(program.steps.length).toBeLessThan(10);
  for (const [at, { waitMs }] of program.steps.entries()) {
    for (const keptMs of [0, waitMs]) {
      const [next, ...rest] = program.steps.slice(at + 1);
      const after = next === undefined ? [] : [{ ...next, waitMs: next.waitMs + keptMs }, ...rest];
      const steps = [...program.steps.slice(0, at), ...after];
      const verdict = await replay({ ...thieves, shrink: false }, { ...program, steps });
      expect(verdict.broken?.promise).not.toBe(broken?.promise);
    }
  }
});

test('what is broken from the start needs no step', async () => {
  const { program } = await simulate({ ...thieves, invariants: { never: () => 'never' } });
  expect(program.steps).toEqual([]);
});

test('a program that was kept as text breaks the same promise again', async () => {
  const { program, broken } = await simulate(thieves);
  const again = await replay(thieves, JSON.parse(JSON.stringify(program)) as typeof program);
  expect(again.broken).toEqual(broken);
});

const note = defineEntity({
  name: 'note',
  schema: z.object({ id: z.string(), text: z.string(), stars: z.number() }),
  strategy: lastWriteWins(),
});
const notes = simulated(note, {
  create: (random, id) => ({ id, text: `<b>${random.int(100)}</b>`, stars: random.int(6) }),
});

test('tabs that are opened again while their last clients still close agree on one that sends', async () => {
  const { program } = await simulate({ entities: [notes], replicas: 1, tabs: 2, faults: [], steps: 0 });
  const written = (n: number) =>
    ({ waitMs: 0, do: 'write', n, tab: n, entity: 'note', id: `note-${n}`, act: 'create' }) as const;
  const reopened = (tab: number) =>
    [
      { waitMs: 10, do: 'close', tab },
      { waitMs: 0, do: 'open', tab },
    ] as const;
  const { broken } = await replay(
    { entities: [notes] },
    {
      ...program,
      profile: { ...program.profile, lease: true },
      steps: [
        { waitMs: 0, do: 'open', tab: 0 },
        { waitMs: 1_000, do: 'open', tab: 1 },
        { waitMs: 1_000, do: 'fault', device: 0, fault: 'disk-slow', nth: 0, ms: 5_000 },
        written(0),
        written(1),
        ...reopened(1),
        ...reopened(0),
      ],
    },
  );
  expect(broken).toBeUndefined();
});

test('the default edit changes one field, and nothing breaks', async () => {
  const sweep = await simulateMany({ entities: [notes], runs: 10 });
  expect(sweep.failures.map(timelineText)).toEqual([]);
  expect(sweep).toMatchObject({ ended: 'done', runs: 10, steps: 1_500 });
});

test('a sweep ends by its limit of time, and by its signal', async () => {
  expect(await simulateMany({ entities: [notes], timeLimitMs: 0 })).toMatchObject({ ended: 'time', runs: 0 });
  const abort = new AbortController();
  const sweep = await simulateMany({
    entities: [notes],
    signal: abort.signal,
    onProgress: ({ runs }) => {
      if (runs === 2) abort.abort();
    },
  });
  expect(sweep).toMatchObject({ ended: 'aborted', runs: 2 });
});

test('an act that throws, or makes no write, is told and does not pass for a good run', async () => {
  const broken = (act: () => void) =>
    simulate({
      entities: [simulated(note, { create: (_, id) => ({ id, text: '', stars: 0 }), acts: { act } })],
    });
  const throwing = await broken(() => {
    throw new Error('a bug of mine');
  });
  expect(throwing.broken).toMatchObject({ promise: 'no-surprise' });
  expect(throwing.broken?.message).toContain('a bug of mine');
  const idle = await broken(() => undefined);
  expect(idle.broken?.message).toContain("the act 'act' of note makes 0 writes, not one");
});

/** Every third commit of a device does not last, though it says so. */
function forgetful(): StorageFactory {
  const stores = new Map<string, ReturnType<typeof createMemoryStore>>();
  let commits = 0;
  return ({ name, runtime }) => {
    const store = stores.get(name) ?? createMemoryStore();
    stores.set(name, store);
    const storage = memoryStorage({ store, runtime });
    const commit: typeof storage.commit = (writes, reads) =>
      ++commits % 3 === 0 ? Promise.resolve({ revision: commits }) : storage.commit(writes, reads);
    return new Proxy(storage, {
      get: (target, key) => {
        if (key === 'commit') return commit;
        const value = Reflect.get(target, key) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  };
}

test('a storage that forgets is found out', async () => {
  const { failures } = await simulateMany({ entities: [notes], storage: forgetful(), faults: [], runs: 5 });
  expect(failures.map(({ broken }) => broken?.promise)).not.toEqual([]);
});

test('the page of a timeline shows data as text, and asks nobody for anything', async () => {
  const page = timelineHtml(await simulate({ entities: [notes], seed: 3, steps: 30, trace: true }));
  expect(page).toContain('&lt;b&gt;');
  expect(page).not.toContain('<b>');
  expect(page).not.toMatch(/https?:|<script|<link|url\(|@import/);
});
