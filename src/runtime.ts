import type { Runtime } from './contracts/runtime.js';

/** The platform's own clock, timers and randomness. */
export const defaultRuntime: Runtime = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * A UUID of version 7 from a time in milliseconds and ten random bytes.
 *
 * Source: RFC 9562, section 5.7.
 */
export function uuidv7(timeMs: number, random: Uint8Array): string {
  const time = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0').slice(-12);
  const byte = (index: number) => random[index] ?? 0;
  const tail = [0x70 | (byte(0) & 0x0f), byte(1), 0x80 | (byte(2) & 0x3f), ...Array.from({ length: 7 }, (_, at) => byte(3 + at))];
  const hex = time + tail.map((value) => value.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
