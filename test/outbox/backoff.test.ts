import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelayMs } from '../../src/outbox/backoff.js';

const sizes = { baseMs: 500, capMs: 30_000 };

test('a delay is a whole number that grows to its cap and no further, past what the other side asked for', () => {
  fc.assert(
    fc.property(
      fc.nat(5_000),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      fc.nat(),
      (attempt, chance, floorMs) => {
        const delayMs = backoffDelayMs(attempt, () => chance, { ...sizes, floorMs });
        expect(Number.isSafeInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(floorMs);
        expect(delayMs - floorMs).toBeLessThan(Math.min(30_000, 500 * 2 ** attempt));
      },
    ),
  );
});

test('ten thousand clients that lose their server at once come back spread over the time they have', () => {
  const clients = 10_000;
  const slots = 20;
  for (const attempt of [0, 3, 9]) {
    const windowMs = Math.min(sizes.capMs, sizes.baseMs * 2 ** attempt);
    const arrivals = new Array<number>(slots).fill(0);
    for (let client = 0; client < clients; client++) {
      const slot = Math.floor((backoffDelayMs(attempt, Math.random, sizes) / windowMs) * slots);
      arrivals[slot] = (arrivals[slot] ?? 0) + 1;
    }
    // An even share is 500; without chance one slot would have all of them.
    expect(Math.max(...arrivals)).toBeLessThan((2 * clients) / slots);
  }
});
