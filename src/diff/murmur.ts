const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;

/**
 * MurmurHash3_x86_128 with seed 0 over the UTF-16LE bytes of a text, as 32 hex digits. Not for security.
 *
 * Source: Austin Appleby, https://github.com/aappleby/smhasher (public domain).
 */
export function murmur128(text: string): string {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  let i = 0;
  for (const end = text.length & ~7; i < end; i += 8) {
    h1 = (Math.imul(rotate(h1 ^ scramble(word(text, i), c1, 15, c2), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotate(h2 ^ scramble(word(text, i + 2), c2, 16, c3), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotate(h3 ^ scramble(word(text, i + 4), c3, 17, c4), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotate(h4 ^ scramble(word(text, i + 6), c4, 18, c1), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  // Words past the end are 0, and 0 scrambles to 0, so the tail needs no cases.
  const bytes = text.length * 2;
  h1 ^= scramble(word(text, i), c1, 15, c2) ^ bytes;
  h2 ^= scramble(word(text, i + 2), c2, 16, c3) ^ bytes;
  h3 ^= scramble(word(text, i + 4), c3, 17, c4) ^ bytes;
  h4 ^= scramble(word(text, i + 6), c4, 18, c1) ^ bytes;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish(h2 + h1);
  h3 = finish(h3 + h1);
  h4 = finish(h4 + h1);
  h1 = finish(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  return hex(h1) + hex(h2 + h1) + hex(h3 + h1) + hex(h4 + h1);
}

/** Two code units as one little-endian word; beyond the end `charCodeAt` is NaN, which counts as 0. */
function word(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
}

function scramble(k: number, first: number, bits: number, second: number): number {
  return Math.imul(rotate(Math.imul(k, first), bits), second);
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hex(h: number): string {
  return (h >>> 0).toString(16).padStart(8, '0');
}
