// Counts calls per minute. Each isolate counts for itself; a platform limiter counts beyond it.
import { type BoundedCache, createBoundedCache } from '../../core/memory/bounded_cache.ts';

/** In milliseconds. */
const WINDOW = 60_000;
/** Callers counted at once, a few hundred bytes each. Beyond that, the caller that was seen least recently is forgotten. */
const MAX_CALLERS = 50_000;

/** The Workers rate-limiting binding (developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit). */
export interface PlatformRateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

export interface RateLimiter {
  /** @returns undefined if the call is within the limit, otherwise the seconds until the next call is allowed */
  take(key: string, now: number): Promise<number | undefined>;
  /** Like `take`, but does not count the call and does not ask the platform. */
  peek(key: string, now: number): number | undefined;
}

/** @param perMinute undefined leaves limiting to the platform alone */
export function createRateLimiter(
  perMinute: number | undefined,
  platform?: PlatformRateLimiter,
): RateLimiter | undefined {
  if (perMinute === undefined && platform === undefined) return undefined;
  const counts: BoundedCache<{ used: number; until: number }> = createBoundedCache(MAX_CALLERS);
  const count = (key: string, now: number) => {
    const known = counts.get(key, now);
    // A count that ends later than one that begins now is from before the clock was set back.
    return known !== undefined && known.until <= now + WINDOW ? known : { used: 0, until: now + WINDOW };
  };
  const peek = (key: string, now: number) => {
    const { used, until } = count(key, now);
    const isOver = perMinute !== undefined && used >= perMinute;
    return isOver ? Math.max(1, Math.ceil((until - now) / 1000)) : undefined;
  };
  return {
    peek,
    async take(key, now) {
      if (perMinute !== undefined) {
        const { used, until } = count(key, now);
        const wait = peek(key, now);
        if (wait !== undefined) return wait;
        counts.set(key, { used: used + 1, until }, 1, until);
      }
      // If the platform's limiter fails, the call is allowed; this isolate's own count still applies.
      const isWithin = await platform?.limit({ key }).then(
        ({ success }) => success,
        () => true,
      );
      return isWithin === false ? WINDOW / 1000 : undefined;
    },
  };
}
