import type { CrdtCodec } from 'syncline';
import { crdtCodecCases, type CrdtCodecSetup } from 'syncline/testing';
import { describe, it } from 'vitest';
import { codecs } from '../subjects/codecs.js';
import { hold } from '../subjects/hold.js';
import { encoded, growOnlySet, lastWriterRegister, membersOf, union, withFlaw, writtenIn } from './codecs.js';
import { expectCaught } from './kit.js';

const foreignAsEmpty = (bytes: Uint8Array): Uint8Array => {
  try {
    membersOf(bytes);
    return bytes;
  } catch {
    return encoded('set', []);
  }
};

/** Codecs that differ from a sound one in these members, and the case that must catch them. */
const broken: Record<
  string,
  readonly [caughtBy: string, sound: CrdtCodecSetup, flaw: (sound: CrdtCodec) => Partial<CrdtCodec>]
> = {
  'thinks that nobody has written when it is new, and shows when it was made': [
    'an empty document changes nothing',
    growOnlySet,
    () => {
      let made = 0;
      return { empty: () => encoded('set', [`made ${++made}`]) };
    },
  ],
  'keeps its own where both counted alike': [
    'merging is commutative',
    lastWriterRegister,
    () => ({ merge: (a, b) => Uint8Array.from(writtenIn(b).count > writtenIn(a).count ? b : a) }),
  ],
  'shortens what has grown too long, by merge': [
    'merging is associative',
    growOnlySet,
    () => ({
      merge: (a, b) =>
        encoded(
          'set',
          union(membersOf(a), membersOf(b)).slice(0, Math.max(membersOf(a).length, membersOf(b).length)),
        ),
    }),
  ],
  'counts what comes twice as two': [
    'merging is idempotent',
    growOnlySet,
    () => ({ merge: (a, b) => encoded('set', [...membersOf(a), ...membersOf(b)].sort()) }),
  ],
  'goes back when it hears of its past': [
    'a state takes in its own past without going back',
    lastWriterRegister,
    (sound) => ({
      merge: (state, update) => (sound.read(update) === null ? sound.merge(state, update) : update),
    }),
  ],
  'drops an update that came before its cause': [
    'updates in any order, some twice, lose nothing',
    growOnlySet,
    (sound) => ({
      merge: (state, update) =>
        membersOf(state).length === 0 && membersOf(update).some((member) => member.startsWith('b'))
          ? state
          : sound.merge(state, update),
    }),
  ],
  'has nothing for who knows something': [
    'a version asks for what is missing, and for no more',
    growOnlySet,
    (sound) => ({
      since: (state, version) => (membersOf(version).length === 0 ? Uint8Array.from(state) : sound.empty()),
    }),
  ],
  'sends everything to everyone': [
    'a version asks for what is missing, and for no more',
    growOnlySet,
    () => ({ since: (state) => Uint8Array.from(state) }),
  ],
  'reads past the ends of its bytes': [
    'bytes that were stored or sent are the same document',
    growOnlySet,
    (sound) => ({ read: (state) => sound.read(new Uint8Array(state.buffer)) }),
  ],
  'shows what is no JSON': [
    'bytes that were stored or sent are the same document',
    growOnlySet,
    (sound) => ({ read: (state) => ({ members: sound.read(state), newest: undefined as never }) }),
  ],
  'merges in place': [
    'what is handed in is neither changed nor kept',
    lastWriterRegister,
    (sound) => ({
      merge(state, update) {
        const merged = sound.merge(state, update);
        if (merged.length === state.length) state.set(merged);
        return state;
      },
    }),
  ],
  'takes foreign bytes for nothing': [
    'bytes of somebody else are refused',
    growOnlySet,
    (sound) => ({ merge: (state, update) => sound.merge(foreignAsEmpty(state), foreignAsEmpty(update)) }),
  ],
  'fails with the error of its parser': [
    'bytes of somebody else are refused',
    growOnlySet,
    () => ({ read: (state) => JSON.parse(new TextDecoder().decode(state.subarray(4))) }),
  ],
  'falls over bytes that were cut short': [
    'bytes that were cut short are refused, or still a document',
    growOnlySet,
    (sound) => ({
      merge(state, update) {
        if (update.at(-1) !== 0x5d) throw new RangeError('index out of range');
        return sound.merge(state, update);
      },
    }),
  ],
};

hold(...codecs);

describe('the cases for codecs', () => {
  it.each(Object.entries(broken))('catch a codec that %s', async (_, [caughtBy, sound, flaw]) => {
    await expectCaught(crdtCodecCases, caughtBy, { sound, broken: withFlaw(sound, flaw) });
  });
});
