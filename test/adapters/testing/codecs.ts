import { SyncError, type CrdtCodec, type Json } from 'syncline';
import type { CrdtCodecSetup } from 'syncline/testing';

/** A set that only grows: its state is its members, and so is its version. */
export const growOnlySet: CrdtCodecSetup = {
  codec: {
    name: 'grow-only-set',
    empty: () => encoded('set', []),
    merge: (state, update) => encoded('set', union(membersOf(state), membersOf(update))),
    read: (state) => membersOf(state),
    versionOf: (state) => encoded('set', membersOf(state)),
    since: (state, version) => {
      const known = new Set(membersOf(version));
      return encoded(
        'set',
        membersOf(state).filter((member) => !known.has(member)),
      );
    },
  },
  write: (state, replica, random) =>
    encoded(
      'set',
      union(membersOf(state), [random.chance(0.2) ? 'shared' : `${replica}${random.int(1000)} 😀`]),
    ),
};

interface Written {
  readonly value: Json;
  /** 0 where nobody has written. */
  readonly count: number;
  readonly replica: string;
}

/** A register whose last writer wins: by count, and by name where two counted alike. */
export const lastWriterRegister: CrdtCodecSetup = {
  codec: {
    name: 'last-writer-register',
    empty: () => encoded('register', nothing),
    merge: (state, update) => encoded('register', later(writtenIn(state), writtenIn(update))),
    read: (state) => writtenIn(state).value,
    versionOf: (state) => encoded('register', { ...writtenIn(state), value: null }),
    since: (state, version) => {
      const [held, known] = [writtenIn(state), writtenIn(version)];
      return encoded('register', later(known, held) === held ? held : nothing);
    },
  },
  write: (state, replica, random) =>
    encoded('register', {
      value: `${replica} wrote ${random.int(1000)}`,
      count: writtenIn(state).count + 1,
      replica,
    }),
};

const nothing: Written = { value: null, count: 0, replica: '' };

/** The first of two that are the same. */
function later(a: Written, b: Written): Written {
  if (a.count !== b.count) return a.count > b.count ? a : b;
  return a.replica >= b.replica ? a : b;
}

export function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}

export function membersOf(bytes: Uint8Array): string[] {
  const value = decoded('set', bytes);
  if (!Array.isArray(value) || !value.every((member) => typeof member === 'string')) throw refused();
  return value;
}

export function writtenIn(bytes: Uint8Array): Written {
  const value = decoded('register', bytes) as Written;
  if (typeof value !== 'object' || typeof value.count !== 'number' || typeof value.replica !== 'string')
    throw refused();
  return value;
}

export function encoded(kind: string, value: unknown): Uint8Array {
  return new TextEncoder().encode(`${kind} ${JSON.stringify(value)}`);
}

function decoded(kind: string, bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.startsWith(`${kind} `)) return JSON.parse(text.slice(kind.length + 1));
  } catch (cause) {
    throw refused(cause);
  }
  throw refused();
}

function refused(cause?: unknown): SyncError {
  return new SyncError('protocol', 'these bytes are no such document', { cause });
}

/** The codec with other members, written to in the same way. */
export function withFlaw(
  setup: CrdtCodecSetup,
  flaw: (sound: CrdtCodec) => Partial<CrdtCodec>,
): CrdtCodecSetup {
  return { ...setup, codec: { ...setup.codec, ...flaw(setup.codec) } };
}
