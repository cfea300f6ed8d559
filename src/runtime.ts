import type { Runtime } from './contracts/runtime.js';

/** Platforms take a longer delay, of more than 24 days, for none at all. */
const delayMsMax = 2 ** 31 - 1;

/** The platform's own clock, timers and randomness. */
export const defaultRuntime: Runtime = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => uuidv7(Date.now(), randomBytes()),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, delayMsMax));
    return () => clearTimeout(timer);
  },
};

const randomPerId = 10;
// One call to the platform for many ids: a call for each costs more than the write that needs it.
const pool = new Uint8Array(randomPerId * 256);
let drawn = pool.length;

function randomBytes(): Uint8Array {
  if (drawn === pool.length) {
    crypto.getRandomValues(pool);
    drawn = 0;
  }
  drawn += randomPerId;
  return pool.subarray(drawn - randomPerId, drawn);
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A UUID of version 7 from a time in milliseconds and ten random bytes.
 *
 * Source: RFC 9562, section 5.7.
 */
export function uuidv7(timeMs: number, random: Uint8Array): string {
  const time = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0').slice(-12);
  const hex = (index: number, keep = 0xff, set = 0) => hexOfByte[(random[index]! & keep) | set]!;
  const versioned = hex(0, 0x0f, 0x70) + hex(1);
  const variant = hex(2, 0x3f, 0x80) + hex(3);
  const node = hex(4) + hex(5) + hex(6) + hex(7) + hex(8) + hex(9);
  return `${time.slice(0, 8)}-${time.slice(8)}-${versioned}-${variant}-${node}`;
}
