const offset = 0x811c9dc5;
const prime = 0x01000193;

/**
 * 32-bit FNV-1a over the UTF-16 code units of a text from one of them on, in four interleaved strands that are hashed together at the end:
 * a processor works on the four at once. A change confined to one unit is always seen, because each step is a
 * bijection of the hash so far.
 *
 * Source: Fowler, Noll, Vo and Eastlake, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923.
 */
export function checksum(text: string, from = 0): number {
  let [a, b, c, d] = [offset, offset, offset, offset];
  const whole = from + ((text.length - from) & ~3);
  for (let at = from; at < whole; at += 4) {
    a = Math.imul(a ^ text.charCodeAt(at), prime);
    b = Math.imul(b ^ text.charCodeAt(at + 1), prime);
    c = Math.imul(c ^ text.charCodeAt(at + 2), prime);
    d = Math.imul(d ^ text.charCodeAt(at + 3), prime);
  }
  for (let at = whole; at < text.length; at++) a = Math.imul(a ^ text.charCodeAt(at), prime);
  return [b, c, d].reduce((hash, strand) => Math.imul(hash ^ strand, prime), a) >>> 0;
}
