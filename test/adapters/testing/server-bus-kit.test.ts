import { createLocalLine, localBus, type LocalLine } from 'syncline/server-bus/local';
import type { BusRing, ServerBus } from 'syncline/server';
import { serverBusCases, type ServerBusSetup } from 'syncline/testing';
import { describe, it } from 'vitest';
import { expectCaught, timeFlying } from './kit.js';

type Flaw = (sound: ServerBus, line: LocalLine) => Partial<ServerBus>;

/** Buses that differ from a sound one in these members, and the case that must catch them. */
const broken: Record<string, readonly [caughtBy: string, flaw: Flaw]> = {
  'keeps its rings to itself': [
    'a ring reaches every subscriber, of the bus that published it and of all others',
    () => localBus(),
  ],
  'does not hear itself': [
    'a ring reaches every subscriber, of the bus that published it and of all others',
    (sound, line) => {
      const own: (() => void)[] = [];
      return {
        publish(ring) {
          const held = [...line.subscriptions];
          for (const end of own) end();
          sound.publish(ring);
          for (const hear of held) line.subscriptions.add(hear);
        },
        async subscribe(listener) {
          const before = new Set(line.subscriptions);
          const end = await sound.subscribe(listener);
          for (const hear of line.subscriptions)
            if (!before.has(hear)) own.push(() => line.subscriptions.delete(hear));
          return end;
        },
      };
    },
  ],
  'splits its channel names at a colon': [
    'a ring says which space moved and how far, whatever the space is called',
    (sound) => ({ publish: ({ space, seq }) => sound.publish({ space: space.split(':')[0] ?? '', seq }) }),
  ],
  'carries the place in 32 bits': [
    'a ring says which space moved and how far, whatever the space is called',
    (sound) => ({ publish: ({ space, seq }) => sound.publish({ space, seq: seq | 0 }) }),
  ],
  'draws all spaces together': [
    'of many rings at once the newest of each space arrives',
    (sound) => {
      let last: BusRing | undefined;
      return {
        publish(ring) {
          if (last === undefined) queueMicrotask(() => (sound.publish(last!), (last = undefined)));
          last = ring;
        },
      };
    },
  ],
  'keeps the first ring of many': [
    'of many rings at once the newest of each space arrives',
    (sound) => {
      const waiting = new Set<string>();
      return {
        publish(ring) {
          if (waiting.has(ring.space)) return;
          waiting.add(ring.space);
          sound.publish(ring);
          queueMicrotask(() => waiting.delete(ring.space));
        },
      };
    },
  ],
  'rings while it publishes': [
    'publish returns before anybody hears of it',
    (_, line) => ({ publish: (ring) => line.subscriptions.forEach((hear) => hear(ring)) }),
  ],
  'cannot be unsubscribed from': [
    'who ended a subscription hears nothing more, and may end it twice',
    (sound) => ({ subscribe: (listener) => sound.subscribe(listener).then(() => () => undefined) }),
  ],
  'knows a listener once': [
    'one listener subscribed twice has two subscriptions',
    (sound) => {
      const ends = new Map<unknown, () => void>();
      return {
        async subscribe(listener) {
          const end = ends.get(listener) ?? (await sound.subscribe(listener));
          ends.set(listener, end);
          return end;
        },
      };
    },
  ],
  'stops at a listener that throws': [
    'a listener that throws keeps no ring from the others',
    (sound) => {
      let isBroken = false;
      return {
        subscribe: (listener) =>
          sound.subscribe((ring) => {
            if (isBroken) return;
            try {
              listener(ring);
            } catch {
              isBroken = true;
            }
          }),
      };
    },
  ],
  'goes on after it was closed': [
    'a closed bus says and hears nothing, and the others carry on',
    () => ({ close: async () => undefined }),
  ],
  'hangs up for everybody': [
    'a closed bus says and hears nothing, and the others carry on',
    (sound, line) => ({
      close: async () => {
        await sound.close();
        line.subscriptions.clear();
      },
    }),
  ],
};

describe('the cases for buses', () => {
  it.each(Object.entries(broken))('catch a bus that %s', async (_, [caughtBy, flaw]) => {
    await timeFlying(() =>
      expectCaught(serverBusCases, caughtBy, { sound: setup(() => ({})), broken: setup(flaw) }),
    );
  });
});

function setup(flaw: Flaw): ServerBusSetup {
  const line = createLocalLine();
  return () => {
    const sound = localBus(line);
    return { ...sound, ...flaw(sound, line) };
  };
}
