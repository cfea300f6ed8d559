import { expect, test } from 'vitest';
import type { Runtime } from 'syncline';
import type { LoopbackMiddleware } from 'syncline/transport/loopback';
import { bytesInUse } from '../support/memory.js';
import { createWorld, task } from '../support/world.js';

/** Holds calls back until it is opened. */
function gate(kind: 'push' | 'pull' | 'none' = 'none') {
  const state = { held: kind, waiting: 0, calls: 0 };
  const release: (() => void)[] = [];
  const middleware: LoopbackMiddleware = async (call, next) => {
    state.calls++;
    if (call.kind === state.held) {
      state.waiting++;
      await new Promise<void>((resolve) => release.push(resolve));
      state.waiting--;
    }
    return next(call.request);
  };
  const open = () => {
    state.held = 'none';
    for (const each of release.splice(0)) each();
  };
  return { state, middleware, open };
}

/** A clock that stands still, and timers that go off when told to. */
function manualRuntime() {
  let now = 1_700_000_000_000;
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  const runtime: Runtime = {
    now: () => now,
    random: () => 0.5,
    uuid: () => crypto.randomUUID(),
    setTimer(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      return () => (timers = timers.filter((each) => each !== timer));
    },
  };
  /** Lets time pass, and everything that follows from it settle. */
  const pass = async (ms: number) => {
    now += ms;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers = timers.filter((each) => each !== timer);
      timer.callback();
    }
    await settled();
  };
  return { runtime, pass, timers: () => timers.length };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

test('what a transport leaves listening to its signal goes with the exchange', async () => {
  const signals: WeakRef<AbortSignal>[] = [];
  const world = createWorld();
  const phone = await world.device({
    middleware: ({ request, signal }, next) => {
      signal.addEventListener('abort', () => undefined);
      signals.push(new WeakRef(signal));
      return next(request);
    },
  });
  for (let round = 0; round < 10; round++) await phone.sync();
  await bytesInUse();
  expect(signals).toHaveLength(10);
  expect(signals.filter((signal) => signal.deref() !== undefined)).toEqual([]);
  await world.close();
});

test('a sync that is given up does not take along one that somebody else asked for', async () => {
  const world = createWorld();
  const { middleware, open, state } = gate('pull');
  const phone = await world.device({ middleware });
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const syncs = [first, second, third].map(({ signal }) => phone.sync({ signal }));
  const fates = Promise.allSettled(syncs);
  await settled();
  first.abort();
  await expect(syncs[0]).rejects.toMatchObject({ code: 'aborted' });
  await settled();
  second.abort();
  await expect(syncs[1]).rejects.toMatchObject({ code: 'aborted' });
  await settled();
  expect(state.waiting).toBeGreaterThan(0);
  open();
  expect((await fates).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  await expect(phone.sync({ signal: first.signal })).rejects.toMatchObject({ code: 'aborted' });
  await world.close();
});

test('what waits goes on its own after an exchange was given up', async () => {
  const world = createWorld();
  const { runtime, pass } = manualRuntime();
  const { middleware, open, state } = gate();
  const phone = await world.device({ middleware, runtime, auto: true });
  await pass(0);
  expect(phone.status().state).toBe('synced');
  state.held = 'pull';
  const given = new AbortController();
  const sync = phone.sync({ signal: given.signal }).catch(() => undefined);
  await phone.collection(task).create({ id: 't', title: 'T' });
  await pass(0);
  given.abort();
  open();
  await sync;
  await settled();
  await pass(0);
  expect(phone.status()).toMatchObject({ state: 'synced', pending: 0 });
  await world.close();
});

test('a write made in the last step of an exchange does not wait for the next poll', async () => {
  const world = createWorld();
  const { runtime, pass } = manualRuntime();
  const { middleware, open, state } = gate('push');
  const phone = await world.device({ middleware, runtime, auto: true });
  await phone.collection(task).create({ id: 'first', title: 'F' });
  await pass(0);
  expect(state.waiting).toBe(1);
  await phone.collection(task).create({ id: 'late', title: 'L' });
  await pass(0);
  open();
  await settled();
  await pass(0);
  expect(phone.status()).toMatchObject({ state: 'synced', pending: 0 });
  await world.close();
});

test('nothing goes off after a client was closed in the middle of an exchange', async () => {
  const world = createWorld();
  const { runtime, pass, timers } = manualRuntime();
  const { middleware, open, state } = gate('push');
  const phone = await world.device({ middleware, runtime, auto: true });
  await phone.collection(task).create({ id: 't', title: 'T' });
  await pass(0);
  const closed = phone.close();
  open();
  await closed;
  const { calls } = state;
  await pass(60_000);
  await pass(60_000);
  expect([state.calls, timers()]).toEqual([calls, 0]);
});

test('a client is not called synced while the server has put a write off', async () => {
  const world = createWorld();
  const phone = await world.device({
    middleware: async (call, next) =>
      call.kind === 'pull'
        ? next(call.request)
        : {
            serverTime: 0,
            epoch: await world.store.epoch(),
            results: (call.request as { operations: { id: string }[] }).operations.map(({ id }) => ({
              id,
              status: 'retry',
              code: 'busy',
            })),
          },
  });
  await phone.collection(task).create({ id: 't', title: 'T' });
  await phone.sync();
  expect(phone.status()).toMatchObject({ state: 'pending', pending: 1 });
  expect(phone.status().syncedAt).toBeUndefined();
  await world.close();
});
