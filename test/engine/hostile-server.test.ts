import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineEntity, isSyncError, merge, sum, union, type SyncClient } from 'syncline';
import { createMemoryStore, memoryStorage } from 'syncline/storage/memory';
import type { LoopbackMiddleware } from 'syncline/transport/loopback';
import { z } from 'zod';
import { createWorld } from '../support/world.js';

const thing = defineEntity({
  name: 'thing',
  schema: z.object({ id: z.string(), n: z.number(), tags: z.array(z.string()) }),
  strategy: merge({ fields: { '/n': sum(), '/tags': union() } }),
});

const rubbish: readonly unknown[] = [
  ...[null, undefined, true, 0, -1, 1.5, 2 ** 53, '', 'x', 'a'.repeat(300), [], [[]], {}, { id: 5 }],
  ...['018bcfe56800-0001-phone', 'ffffffffffff-ffff-evil', '../..'],
  JSON.parse('{"__proto__":{"polluted":1}}'),
  { constructor: { prototype: { polluted: 1 } } },
];
const added = ['reset', 'more', 'cursor', 'status', 'deleted', 'version', 'code', '__proto__'];

/** Numbers in `[0, 1)` that a number gives, the same each time. Source: Lehmer, with the factor of MINSTD. */
function chances(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** An answer with parts gone, doubled, turned round, added, or made something else. */
function mangled(value: unknown, chance: () => number): unknown {
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(chance() * choices.length)]!;
  if (chance() < 0.06) return one(rubbish);
  if (Array.isArray(value)) {
    const items = value.map((item) => mangled(item, chance));
    return one([items, items, items, items, items.slice(1), items.reverse(), [...items, ...items]]);
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .filter(() => chance() > 0.03)
    .map(([key, member]): [string, unknown] => [key, mangled(member, chance)]);
  if (chance() < 0.05) members.push([one(added), one(rubbish)]);
  return Object.fromEntries(members);
}

async function syncs(client: SyncClient): Promise<void> {
  const failure: unknown = await client.sync().catch((error: unknown) => error);
  if (failure !== undefined) expect(isSyncError(failure)).toBe(true);
}

test('whatever a server answers, each write is at the server, waits, or is a dead letter that can be sent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const chance = chances(seed);
      let isHostile = false;
      const middleware: LoopbackMiddleware = async (call, next) => {
        const answer = await next(call.request);
        return isHostile && chance() < 0.8 ? mangled(answer, chance) : answer;
      };
      const world = createWorld([thing]);
      const store = createMemoryStore();
      const open = () => world.device({ storage: memoryStorage({ store }), middleware });
      let phone = await open();
      const laptop = await world.device();
      await phone.collection(thing).create({ id: 'shared', n: 0, tags: [] });
      for (const device of [phone, laptop]) await device.sync();

      isHostile = true;
      const written = ['shared'];
      for (let step = 0; step < 10; step++) {
        const id = `t${step}`;
        await phone.collection(thing).create({ id, n: 1, tags: [] });
        written.push(id);
        await laptop.collection(thing).add('shared', 'tags', [id]);
        await laptop.sync();
        await syncs(phone);
        if (chance() > 0.15) continue;
        await phone.close();
        phone = await open();
      }
      expect({}).not.toHaveProperty('polluted');

      isHostile = false;
      for (let round = 0; round < 5; round++) {
        await syncs(phone);
        for (const { operation } of phone.outbox.deadLetters()) await phone.outbox.retry(operation.id);
      }
      // What was put off for an age waits in memory only.
      await phone.close();
      phone = await open();
      await phone.sync();
      // What was accepted may wait for a change that was kept from it.
      expect(phone.outbox.list().filter(({ state }) => state !== 'accepted')).toEqual([]);
      await laptop.sync();
      const held = (await laptop.collection(thing).list()).map(({ id }) => id);
      expect(held).toEqual(written.sort());
      await world.close();
    }),
    { numRuns: 100 },
  );
});
