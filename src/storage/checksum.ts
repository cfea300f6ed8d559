const offset = 0x811c9dc5;
const prime = 0x01000193;

/** A short function that is called often is optimized sooner than a long loop, which matters at a cold start. */
const blockLength = 4096;

/**
 * 32-bit hash of the UTF-16 code units of a text from one of them on: FNV-1a over the hashes of its blocks. A change
 * confined to one unit is always seen, because each step is a bijection of the hash so far.
 *
 * Source: Fowler, Noll, Vo and Eastlake, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923.
 */
export function checksum(text: string, from = 0): number {
  let hash = offset;
  for (let at = from; at < text.length; at += blockLength) {
    hash = Math.imul(hash ^ hashBlock(text, at, Math.min(text.length, at + blockLength)), prime);
  }
  return hash >>> 0;
}

/** FNV-1a in four interleaved strands, which a processor works on at once. */
function hashBlock(text: string, from: number, end: number): number {
  let a = offset;
  let b = offset;
  let c = offset;
  let d = offset;
  let at = from;
  for (; at + 3 < end; at += 4) {
    a = Math.imul(a ^ text.charCodeAt(at), prime);
    b = Math.imul(b ^ text.charCodeAt(at + 1), prime);
    c = Math.imul(c ^ text.charCodeAt(at + 2), prime);
    d = Math.imul(d ^ text.charCodeAt(at + 3), prime);
  }
  for (; at < end; at++) a = Math.imul(a ^ text.charCodeAt(at), prime);
  return Math.imul(Math.imul(Math.imul(a ^ b, prime) ^ c, prime) ^ d, prime);
}
