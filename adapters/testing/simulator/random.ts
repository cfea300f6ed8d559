/** A source of chance that a seed replays. */
export interface Random {
  /** A number in `[0, 1)`. */
  next(): number;
  /** A whole number in `[0, below)`. */
  int(below: number): number;
  /** A whole number in `[from, to]`. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Another source, which this one does not move: the same label gives the same source. */
  fork(label: string): Random;
}

/**
 * Chance from a seed.
 *
 * Source: Doty-Humphrey, sfc32, PractRand 2010.
 */
export function createRandom(seed: number | string): Random {
  const text = String(seed);
  let [a, b, c, counter] = [hash(text, 1), hash(text, 2), hash(text, 3), 1];
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warm = 0; warm < 12; warm++) next();
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    between: (from, to) => from + int(to - from + 1),
    chance: (probability) => next() < probability,
    pick<T>(items: readonly T[]): T {
      const item = items[int(items.length)];
      if (item === undefined) throw new Error('there is nothing to pick from');
      return item;
    },
    fork: (label) => createRandom(`${text}/${label}`),
  };
}

/** FNV-1a over UTF-16 code units, with a salt. */
function hash(text: string, salt = 0): number {
  let state = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  state ^= state >>> 15;
  return Math.imul(state, 0x85ebca6b) >>> 0;
}
