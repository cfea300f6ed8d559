import type { BusRing, ServerBus } from 'syncline/server';
import { holds, rejects, same, within, type ConformanceCase } from './check.js';

/** Makes a bus. All buses of one setup are on one line, which nobody else is on. */
export type ServerBusSetup = () => ServerBus;

export type ServerBusCase = ConformanceCase<ServerBusSetup>;

/** How long a ring may take on a sound line, ms. */
const ringMs = 5_000;

const awkwardSpaces = [
  's',
  '',
  ' ',
  'a:b/c*?',
  '__proto__',
  'Ada’s 😀',
  '{"json":1}',
  'line\nbreak',
  'x'.repeat(128),
];

/**
 * What every `ServerBus` must do on a sound line.
 *
 * @example
 * ```ts
 * import { createLocalLine, localBus } from 'syncline/server-bus/local';
 * import { serverBusCases } from 'syncline/testing';
 *
 * for (const { run } of serverBusCases) {
 *   const line = createLocalLine();
 *   await run(() => localBus(line));
 * }
 * ```
 */
export const serverBusCases: readonly ServerBusCase[] = [
  busCase('a ring reaches every subscriber, of the bus that published it and of all others', async (open) => {
    const buses = [open(), open(), open()];
    const ears = await Promise.all([...buses, ...buses].map((bus) => listen(bus)));
    for (const [at, bus] of buses.entries()) {
      bus.publish({ space: 's', seq: at + 1 });
      for (const ear of ears) await ear.hears('s', at + 1);
    }
  }),

  busCase('a ring says which space moved and how far, whatever the space is called', async (open) => {
    const [one, other] = [open(), open()];
    const ear = await listen(other);
    for (const [at, space] of awkwardSpaces.entries()) {
      const seq = at === 0 ? Number.MAX_SAFE_INTEGER : at;
      one.publish({ space, seq });
      await ear.hears(space, seq);
    }
    const known = new Set(awkwardSpaces);
    holds(
      ear.rings.every(({ space }) => known.has(space)),
      'a ring for a space that nobody named',
    );
  }),

  busCase('of many rings at once the newest of each space arrives', async (open) => {
    const [one, other] = [open(), open()];
    const ear = await listen(other);
    for (let seq = 1; seq <= 200; seq++) one.publish({ space: seq % 2 === 0 ? 'even' : 'odd', seq });
    await ear.hears('even', 200);
    await ear.hears('odd', 199);
  }),

  busCase('publish returns before anybody hears of it', async (open) => {
    const bus = open();
    const ear = await listen(bus);
    bus.publish({ space: 's', seq: 1 });
    same(ear.rings, [], 'rings heard while publish was under way');
    await ear.hears('s', 1);
  }),

  busCase('who ended a subscription hears nothing more, and may end it twice', async (open) => {
    const [one, other] = [open(), open()];
    const gone = await listen(other);
    const witness = await listen(other);
    one.publish({ space: 's', seq: 1 });
    await gone.hears('s', 1);
    await witness.hears('s', 1);
    gone.end();
    gone.end();
    one.publish({ space: 's', seq: 2 });
    await witness.hears('s', 2);
    same(gone.newest('s'), 1, 'the newest ring of the one that is gone');
  }),

  busCase('one listener subscribed twice has two subscriptions', async (open) => {
    const bus = open();
    const ear = new Ear();
    const [end] = [await bus.subscribe(ear.listener), await bus.subscribe(ear.listener)];
    end();
    bus.publish({ space: 's', seq: 1 });
    await ear.hears('s', 1);
  }),

  busCase('a listener that throws keeps no ring from the others', async (open) => {
    const [one, other] = [open(), open()];
    for (const bus of [one, other]) {
      await bus.subscribe(() => {
        throw new Error('a listener failed');
      });
    }
    const ears = [await listen(one), await listen(other)];
    for (const seq of [1, 2]) {
      one.publish({ space: 's', seq });
      for (const ear of ears) await ear.hears('s', seq);
    }
  }),

  busCase('a closed bus says and hears nothing, and the others carry on', async (open) => {
    const [closed, one, other] = [open(), open(), open()];
    const silent = await listen(closed);
    const ear = await listen(other);
    await Promise.all([closed.close(), closed.close()]);
    closed.publish({ space: 's', seq: 99 });
    one.publish({ space: 's', seq: 1 });
    await ear.hears('s', 1);
    same(silent.rings, [], 'rings heard by the closed bus');
    same(ear.newest('s'), 1, 'the newest ring that another bus heard');
    await rejects(
      closed.subscribe(() => undefined),
      'network',
      'subscribe after close',
    );
    await closed.close();
  }),
];

function busCase(name: string, body: (open: () => ServerBus) => Promise<void>): ServerBusCase {
  return {
    name,
    run: async (setup) => {
      const buses: ServerBus[] = [];
      const open = () => {
        const bus = setup();
        buses.push(bus);
        return bus;
      };
      try {
        await body(open);
      } finally {
        for (const bus of buses) await bus.close();
      }
    },
  };
}

/** Keeps what it heard. */
class Ear {
  readonly rings: BusRing[] = [];
  end: () => void = () => undefined;
  #rung: () => void = () => undefined;

  readonly listener = (ring: BusRing): void => {
    this.rings.push(ring);
    this.#rung();
  };

  newest(space: string): number {
    return Math.max(0, ...this.rings.filter((ring) => ring.space === space).map(({ seq }) => seq));
  }

  /** Resolves once this ring, or a newer one of its space, was heard. */
  async hears(space: string, seq: number): Promise<void> {
    const what = `the ring ${JSON.stringify({ space, seq })}`;
    while (this.newest(space) < seq) {
      await within(ringMs, new Promise<void>((resolve) => (this.#rung = resolve)), what);
    }
  }
}

async function listen(bus: ServerBus): Promise<Ear> {
  const ear = new Ear();
  ear.end = await within(ringMs, bus.subscribe(ear.listener), 'the subscription');
  return ear;
}
