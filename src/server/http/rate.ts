import type { Runtime } from '../../contracts/runtime.js';
import type { Limits } from '../../protocol/limits.js';
import { refusal } from '../../protocol/refusals.js';

/** Callers remembered at once. */
const callersMax = 10_000;

/**
 * Counts requests of each caller against a bucket of `requestBurst` tokens that fills by `requestsPerSecond`.
 * The returned function throws `SyncError` `network` (`rate-limited`), with the time to wait, for one too many.
 *
 * Source: Turner, "New directions in communications", IEEE Communications 24(10), 1986: the leaky bucket as a meter.
 */
export function createRateLimit(
  runtime: Runtime,
  limits: Pick<Limits, 'requestsPerSecond' | 'requestBurst'>,
): (caller: string) => void {
  const { requestsPerSecond, requestBurst } = limits;
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>();

  return (caller) => {
    const now = runtime.now();
    const bucket = buckets.get(caller) ?? { tokens: requestBurst, at: now };
    const gained = (Math.max(0, now - bucket.at) / 1000) * requestsPerSecond;
    const tokens = Math.min(requestBurst, bucket.tokens + gained);
    // Moved to the end, so that the callers heard of longest ago are forgotten first: their buckets are the fullest.
    buckets.delete(caller);
    buckets.set(caller, { tokens: Math.max(0, tokens - 1), at: now });
    if (buckets.size > callersMax) buckets.delete(buckets.keys().next().value ?? caller);
    if (tokens >= 1) return;
    buckets.set(caller, { tokens, at: now });
    throw refusal('rate-limited', 'too many requests', {
      retryAfterMs: Math.ceil(((1 - tokens) / requestsPerSecond) * 1000),
    });
  };
}
