import type { Runtime } from './contracts/runtime.js';

/** Platforms take a longer delay, of more than 24 days, for none at all. */
const delayMsMax = 2 ** 31 - 1;

/** The platform's own clock, timers and randomness. */
export const defaultRuntime: Runtime = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: mint,
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, delayMsMax));
    return () => clearTimeout(timer);
  },
};

/** Ids of one millisecond: they share their first 32 characters, and count on in the other four. */
let series = { at: NaN, stem: '', next: 0 };

/**
 * Ids that are in order, and cheap where a thousand are needed at once.
 *
 * Source: RFC 9562, section 6.2, method 1, with a counter of 16 bits in the place of the last random ones.
 */
function mint(): string {
  const now = Date.now();
  if (now !== series.at || series.next > 0xffff) {
    const id = uuidv7(now, crypto.getRandomValues(new Uint8Array(10)));
    // Half of the count stays free.
    series = { at: now, stem: id.slice(0, 32), next: parseInt(id.slice(32), 16) >> 1 };
  }
  const count = series.next++;
  // Not concatenated: with strings that are still in pieces `JSON.stringify` takes three times as long.
  return [series.stem, hexOfByte[count >> 8], hexOfByte[count & 0xff]].join('');
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A UUID of version 7 from a time in milliseconds and ten random bytes.
 *
 * Source: RFC 9562, section 5.7.
 */
export function uuidv7(timeMs: number, random: Uint8Array): string {
  const time = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0').slice(-12);
  let hex = '';
  for (const byte of random) hex += hexOfByte[byte]!;
  // The version takes the place of the first digit, and the variant that of two bits of the fifth.
  const variant = '89ab'[(random[2]! >> 4) & 3];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(1, 4)}-${variant}${hex.slice(5, 8)}-${hex.slice(8, 20)}`;
}
