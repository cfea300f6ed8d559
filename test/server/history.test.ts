import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/contracts/operation.js';
import { ada, contentOf, createWorld, replica, set, startMs } from './world.js';

const dayMs = 24 * 3_600_000;

describe('exactly once', () => {
  /** A history of increments: every effect is visible in the sum, so one too many or too few shows. */
  const history = (lengths: readonly number[]): Operation[][] => {
    const writers = lengths.map((_, at) => replica(`r${at}`));
    const lanes = lengths.map((length, at) =>
      Array.from({ length }, (_, step) => {
        const seen = step === 0 ? { root: 1 } : { root: 1, [`r${at}`]: step };
        return writers[at]!.update('t1', [{ path: '/minutes', action: 'increment', value: 1 }], seen);
      }),
    );
    return lanes;
  };

  it('holds however often and in whatever batches operations arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(2), fc.nat(4), fc.nat(4)), { maxLength: 30 }),
        async (lengths, deliveries) => {
          const { push, store } = createWorld();
          await push(replica('root').create('t1', { title: 'sum', minutes: 0 }));
          const lanes = history(lengths);
          const accepted = new Set<string>();
          const deliver = async (batch: readonly Operation[]) => {
            for (const result of (await push(...batch)).results)
              if (result.status === 'accepted') accepted.add(result.id);
          };
          const reached = lanes.map(() => 0);
          for (const [lane, back, ahead] of deliveries) {
            const operations = lanes[lane % lanes.length]!;
            const at = reached[lane % lanes.length]!;
            // A replica never sends an operation before the ones under it were answered, but may repeat any of them.
            const batch = operations.slice(Math.max(0, at - back), at + ahead);
            await deliver(batch);
            reached[lane % lanes.length] = Math.max(at, Math.min(operations.length, at + ahead));
          }
          for (const operations of lanes) await deliver(operations);
          const total = lengths.reduce((sum, length) => sum + length, 0);
          const { records, outcomes } = await contentOf(store);
          expect(records[0]?.data).toEqual({ id: 't1', title: 'sum', minutes: total });
          expect(records[0]?.version).toBe(total + 1);
          expect(accepted.size).toBe(total);
          expect(new Set(outcomes.map(({ operation }) => operation.id)).size).toBe(outcomes.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('holds for the same batch sent many times at once', async () => {
    const { push, store } = createWorld();
    const phone = replica('phone');
    const batch = [
      phone.create('t1', { title: 'x', minutes: 0 }),
      phone.update('t1', [{ path: '/minutes', action: 'increment', value: 5 }], { phone: 1 }),
    ];
    const answers = await Promise.all(Array.from({ length: 10 }, () => push(...batch)));
    expect((await contentOf(store)).records).toMatchObject([{ data: { minutes: 5 }, version: 2, seq: 1 }]);
    expect(
      answers.filter(({ results }) =>
        results.every((result) => result.status === 'accepted' && result.outcome === 'applied'),
      ),
    ).toHaveLength(1);
  });
});

describe('the order of a space', () => {
  it('has no gap that a reader could fall into while many write', async () => {
    const { push, pull, store } = createWorld();
    const writers = Array.from({ length: 8 }, (_, at) => replica(`w${at}`));
    const seen = new Set<string>();
    let cursor: string | undefined;
    let isWriting = true;
    const reading = (async () => {
      for (let isLast = false; !isLast;) {
        isLast = !isWriting;
        const page = await pull({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
        ({ cursor } = page);
        for (const change of page.changes) if (change.kind === 'put') seen.add(change.record.id);
        if (page.more !== false) isLast = false;
      }
    })();
    await Promise.all(
      writers.map(async (writer) => {
        for (let at = 0; at < 10; at++) await push(writer.create(`${writer.name}-${at}`));
      }),
    );
    isWriting = false;
    await reading;
    expect(seen.size).toBe(80);
    const { records } = await contentOf(store);
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 80 }, (_, at) => at + 1));
  });
});

describe('compaction', () => {
  it('drops deletes and answers older than an age, and sends older replicas back to the start', async () => {
    const { push, pull, server, store, runtime } = createWorld();
    const phone = replica('phone');
    await push(phone.create('t1'), phone.create('t2'));
    const stale = await pull();
    await push(phone.delete('t1', { phone: 1 }));
    const fresh = await pull();
    runtime.nowMs += 20 * dayMs;
    await push(phone.delete('t2', { phone: 2 }));
    runtime.nowMs += 20 * dayMs;
    await server.compact();
    const { records, outcomes, bounds } = await contentOf(store);
    expect(records.map(({ id }) => id)).toEqual(['t2']);
    expect(outcomes.map(({ operation }) => operation.id)).toEqual(['phone-4']);
    expect(bounds).toEqual({ head: 3, horizon: 2 });
    expect((await pull({ cursor: stale.cursor })).reset).toBe(true);
    const page = await pull({ cursor: fresh.cursor });
    expect(page.reset).toBeUndefined();
    expect(page.changes).toMatchObject([{ kind: 'delete', id: 't2' }]);
  });

  it('keeps everything that is young enough', async () => {
    const { push, server, store } = createWorld();
    const phone = replica('phone');
    await push(phone.create('t1'));
    await push(phone.delete('t1', { phone: 1 }));
    const before = await contentOf(store);
    await server.compact({ olderThanMs: dayMs });
    expect(await contentOf(store)).toEqual(before);
  });

  it('reads long histories page by page', async () => {
    const { push, server, store, runtime } = createWorld();
    const phone = replica('phone');
    for (let at = 0; at < 5; at++)
      await push(...Array.from({ length: 450 }, (_, step) => phone.create(`t${at}-${step}`)));
    runtime.nowMs += 1;
    await push(phone.delete('t4-449', { phone: 2250 }));
    runtime.nowMs += 1;
    await server.compact({ olderThanMs: 0 });
    expect((await contentOf(store)).outcomes).toEqual([]);
    expect(await store.bounds('default')).toEqual({ head: 6, horizon: 6 });
  });

  it('answers a late copy of a forgotten operation with neither an effect nor a lie', async () => {
    const { push, server, store, runtime } = createWorld();
    const phone = replica('phone');
    const create = phone.create('t1');
    await push(create, phone.update('t1', [set('/title', 'Tea')], { phone: 1 }));
    runtime.nowMs = startMs + 31 * dayMs;
    await server.compact();
    const before = await contentOf(store);
    expect((await push(create)).results).toMatchObject([{ status: 'rejected', code: 'identity-lost' }]);
    expect(await contentOf(store)).toEqual(before);
  });
});

describe('closing', () => {
  it('closes the store', async () => {
    const { server, store } = createWorld();
    await server.close();
    await expect(store.epoch()).rejects.toMatchObject({ code: 'storage-closed' });
    await expect(server.pull(ada, { replica: 'phone', limit: 1 })).rejects.toMatchObject({
      code: 'storage-closed',
    });
  });
});
