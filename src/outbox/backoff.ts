/**
 * Delay before the next attempt, in milliseconds: full jitter over capped exponential growth.
 *
 * `attempt` counts from 0. The result lies in `[0, min(capMs, baseMs * 2 ** attempt))`, or past `floorMs` by as much
 * when the other side asked for a pause.
 *
 * Source: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 */
export function backoffDelayMs(
  attempt: number,
  random: () => number,
  {
    baseMs,
    capMs,
    floorMs = 0,
  }: { readonly baseMs: number; readonly capMs: number; readonly floorMs?: number },
): number {
  return Math.floor(floorMs + random() * Math.min(capMs, baseMs * 2 ** attempt));
}
