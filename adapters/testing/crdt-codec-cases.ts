import { isSyncError, type CrdtCodec, type Json } from 'syncline';
import { holds, holdsJson, same, type ConformanceCase } from './check.js';
import { createRandom, type Random } from './simulator/random.js';

export interface CrdtCodecSetup {
  readonly codec: CrdtCodec;
  /** The state after one write of this replica to it, drawn from `random`. A replica writes to its newest state only. */
  write(state: Uint8Array, replica: string, random: Random): Uint8Array;
}

export type CrdtCodecCase = ConformanceCase<CrdtCodecSetup>;

/** Documents that each law is tried with; a failure names the one it happened in. */
const documents = 40;

const foreign: readonly Uint8Array[] = [
  new Uint8Array(),
  new Uint8Array([255, 255, 255, 255, 255, 255, 255, 255, 255, 255]),
  new TextEncoder().encode('a letter, and no document'),
  new TextEncoder().encode('{}'),
  Uint8Array.from({ length: 500 }, (_, at) => (at * 97 + 13) % 256),
];

/** What every `CrdtCodec` must do. */
export const crdtCodecCases: readonly CrdtCodecCase[] = [
  crdtCase('an empty document changes nothing', ({ codec, authors }) => {
    const empty = codec.empty();
    same(codec.read(codec.empty()), codec.read(empty), 'an empty document, read twice');
    for (const { state } of authors) {
      showsSame(codec, codec.merge(empty, state), state, 'a document merged into an empty one');
      showsSame(codec, codec.merge(state, empty), state, 'an empty document merged into it');
    }
  }),

  crdtCase('merging is commutative', ({ codec, authors }) => {
    for (const { state: a } of authors)
      for (const { state: b } of authors)
        showsSame(codec, codec.merge(a, b), codec.merge(b, a), 'two documents merged the other way round');
  }),

  crdtCase('merging is associative', ({ codec, authors: [a, b, c] }) => {
    const left = codec.merge(codec.merge(a.state, b.state), c.state);
    const right = codec.merge(a.state, codec.merge(b.state, c.state));
    showsSame(codec, left, right, 'three documents merged in two groupings');
  }),

  crdtCase('merging is idempotent', ({ codec, authors }) => {
    const all = merged(
      codec,
      authors.map(({ state }) => state),
    );
    for (const { state } of authors) {
      showsSame(codec, codec.merge(state, state), state, 'a document merged with itself');
      showsSame(codec, codec.merge(all, state), all, 'a document merged once more');
    }
  }),

  crdtCase('a state takes in its own past without going back', ({ codec, authors }) => {
    for (const { history, state } of authors)
      for (const past of history)
        showsSame(codec, codec.merge(state, past), state, 'a document merged with its own past');
  }),

  crdtCase('updates in any order, some twice, lose nothing', ({ codec, authors, random }) => {
    const expected = merged(
      codec,
      authors.map(({ state }) => state),
    );
    const updates = authors.flatMap(({ updates }) => updates);
    for (let delivery = 0; delivery < 5; delivery++) {
      const twice = updates.filter(() => random.chance(0.3));
      const arrived = merged(codec, shuffled([...updates, ...twice], random));
      showsSame(codec, arrived, expected, 'a document put together from updates');
    }
  }),

  crdtCase('a version asks for what is missing, and for no more', ({ codec, authors: [a, b] }) => {
    const both = codec.merge(a.state, b.state);
    for (const known of [codec.empty(), ...a.history, a.state, b.state, both]) {
      const update = codec.since(both, codec.versionOf(known));
      showsSame(codec, codec.merge(known, update), both, 'a document brought up to date');
    }
    const nothing = codec.since(both, codec.versionOf(both));
    showsSame(codec, codec.merge(a.state, nothing), a.state, 'a document merged with nothing new');
    holds(
      codec.since(both, codec.versionOf(both)).length <
        codec.since(both, codec.versionOf(codec.empty())).length,
      'an update without anything new is as long as one with everything',
    );
  }),

  crdtCase('bytes that were stored or sent are the same document', ({ codec, authors }) => {
    for (const { state } of authors) {
      const copy = Uint8Array.from(state);
      showsSame(codec, copy, state, 'a copy');
      const inside = new Uint8Array(copy.length + 16).fill(7);
      inside.set(copy, 8);
      const view = inside.subarray(8, 8 + copy.length);
      showsSame(codec, view, state, 'a view into a longer buffer');
      showsSame(codec, codec.merge(view, state), state, 'a copy merged with it');
      holdsJson(codec.read(state), 'what it shows');
    }
  }),

  crdtCase('what is handed in is neither changed nor kept', ({ codec, authors: [a, b] }) => {
    const before = [Uint8Array.from(a.state), Uint8Array.from(b.state)];
    const both = codec.merge(a.state, b.state);
    const shown = codec.read(both);
    const version = codec.versionOf(both);
    codec.since(both, codec.versionOf(a.state));
    same(
      [[...a.state], [...b.state]],
      before.map((bytes) => [...bytes]),
      'bytes that were handed in',
    );
    const given = Uint8Array.from(a.state);
    const kept = codec.merge(given, given);
    given.fill(0);
    version.fill(0);
    showsSame(codec, kept, a.state, 'a state whose parts were overwritten');
    same(codec.read(both), shown, 'a state whose version was overwritten');
  }),

  crdtCase('bytes of somebody else are refused', ({ codec, authors: [{ state }] }) => {
    for (const bytes of foreign) {
      for (const [call, what] of [
        [() => codec.merge(state, bytes), 'merge with a foreign update'],
        [() => codec.merge(bytes, state), 'merge into a foreign state'],
        [() => codec.read(bytes), 'read of a foreign state'],
        [() => codec.since(state, bytes), 'since a foreign version'],
      ] as const) {
        same(codeOf(call), 'protocol', `${what} of ${bytes.length} bytes`);
      }
    }
  }),

  crdtCase(
    'bytes that were cut short are refused, or still a document',
    ({ codec, authors: [{ state }] }) => {
      for (let length = 0; length < state.length; length += Math.max(1, Math.floor(state.length / 20))) {
        const cut = state.subarray(0, length);
        const code = codeOf(() => codec.read(codec.merge(codec.empty(), cut)));
        holds(
          code === 'protocol' || code === undefined,
          `${length} of ${state.length} bytes: ${String(code)}`,
        );
      }
    },
  ),
];

interface Author {
  /** All it wrote, and nothing of the others since they parted. */
  readonly state: Uint8Array;
  /** Its earlier states. */
  readonly history: readonly Uint8Array[];
  /** One for each step from one state to the next, from the empty one on. */
  readonly updates: readonly Uint8Array[];
}

interface CrdtWorld {
  readonly codec: CrdtCodec;
  readonly random: Random;
  readonly authors: readonly [Author, Author, Author];
}

/** A case that is tried with many documents, each written by three replicas that part after a while. */
function crdtCase(name: string, body: (world: CrdtWorld) => void): CrdtCodecCase {
  return {
    name,
    run: async (setup) => {
      for (let seed = 1; seed <= documents; seed++) {
        const random = createRandom(`crdt ${seed}`);
        try {
          body({ codec: setup.codec, random, authors: authorsOf(setup, random) });
        } catch (cause) {
          throw new Error(`document ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, {
            cause,
          });
        }
      }
    },
  };
}

function authorsOf({ codec, ...setup }: CrdtCodecSetup, random: Random): [Author, Author, Author] {
  const common = [codec.empty()];
  for (let step = random.int(3); step > 0; step--)
    common.push(setup.write(common.at(-1)!, 'ancestor', random));
  const author = (replica: string): Author => {
    const states = [...common];
    for (let step = random.between(1, 6); step > 0; step--)
      states.push(setup.write(states.at(-1)!, replica, random));
    const updates = states.slice(1).map((state, at) => codec.since(state, codec.versionOf(states[at]!)));
    return { state: states.at(-1)!, history: states.slice(0, -1), updates };
  };
  return [author('a'), author('b'), author('c')];
}

function merged(codec: CrdtCodec, updates: readonly Uint8Array[]): Uint8Array {
  return updates.reduce((state, update) => codec.merge(state, update), codec.empty());
}

/** Two states that hold the same: they show the same, and neither has anything for the other. */
function showsSame(codec: CrdtCodec, actual: Uint8Array, expected: Uint8Array, what: string): void {
  same(codec.read(actual), codec.read(expected), what);
  const shown: Json = codec.read(codec.merge(actual, codec.since(expected, codec.versionOf(actual))));
  same(shown, codec.read(expected), `${what}, once it was brought up to date`);
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return isSyncError(error) ? error.code : `no SyncError: ${String(error)}`;
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.int(left.length), 1)[0]!);
}
