/**
 * Time, timers, randomness and ids, handed in so that a simulator can own them.
 *
 * Nothing else in the core reads a clock or a random source.
 */
export interface Runtime {
  /** Wall-clock time in milliseconds since 1970. */
  now(): number;
  /** A number in `[0, 1)`. */
  random(): number;
  /** A fresh UUIDv7 (RFC 9562). */
  uuid(): string;
  /** Calls back once after `delayMs`; the result cancels. */
  setTimer(delayMs: number, callback: () => void): () => void;
}
