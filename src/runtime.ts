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

/** Ids of one millisecond have their first 24 characters in common, and count on in their last 4. */
let series = { at: NaN, stem: '', next: 0 };

// One call to the platform for many ids: a call for each costs more than the write that needs it.
const pool = new Uint32Array(256);
let drawn = pool.length;

/**
 * An id that is cheap where a thousand are needed at once. The 32 bits between stem and count are its own, so that who
 * has seen one id cannot take the next one first.
 *
 * Source: RFC 9562, section 6.2, for the count.
 */
function mint(): string {
  const now = Date.now();
  if (now !== series.at || series.next > 0xffff)
    series = { at: now, stem: uuidv7(now, crypto.getRandomValues(new Uint8Array(10))).slice(0, 24), next: 0 };
  if (drawn === pool.length) {
    crypto.getRandomValues(pool);
    drawn = 0;
  }
  const own = pool[drawn++]!;
  const count = series.next++;
  // Not concatenated: with strings that are still in pieces `JSON.stringify` takes three times as long.
  return [
    series.stem,
    hex(own >>> 24),
    hex(own >>> 16),
    hex(own >>> 8),
    hex(own),
    hex(count >> 8),
    hex(count),
  ].join('');
}

/** The two digits of a number's lowest byte. */
const hex = (value: number) => hexOfByte[value & 0xff]!;

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A UUID of version 7 from a time in milliseconds and ten random bytes.
 *
 * Source: RFC 9562, section 5.7.
 */
export function uuidv7(timeMs: number, random: Uint8Array): string {
  const time = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0').slice(-12);
  const digits = Array.from(random, hex).join('');
  // The version takes the place of the first digit, and the variant that of two bits of the fifth.
  const variant = '89ab'[(random[2]! >> 4) & 3];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits.slice(1, 4)}-${variant}${digits.slice(5, 8)}-${digits.slice(8, 20)}`;
}
