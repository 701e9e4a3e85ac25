// Limits requests per minute, per token or per address (RATE_LIMIT). Each isolate counts for itself; a platform limiter counts beyond it.
import ipaddr from 'ipaddr.js';
import { type BoundedCache, createBoundedCache } from '../../core/bounded_cache.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import type { AppContext, Service } from '../context.ts';
import type { Principal } from './authenticate.ts';

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
  const count = (key: string, now: number) => counts.get(key, now) ?? { used: 0, until: now + WINDOW };
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

/** @throws CallerError `RATE_LIMITED` */
export async function limitRate(
  { limiter, verifier }: Service,
  context: AppContext,
  principal: Principal | undefined,
): Promise<void> {
  if (limiter === undefined) return;
  // A request without a token is not a guess.
  const isGuess = context.req.header('Authorization') !== undefined;
  const key = principal?.who ?? (isGuess ? guessKey(context) : `address/${networkOf(context.env.address)}`);
  const wait = await limiter.take(key, verifier.ports.now());
  if (wait !== undefined) refuse(context, wait);
}

/** @throws CallerError `RATE_LIMITED` for an address that has shown too many wrong tokens */
export async function refuseGuessing({ limiter, verifier }: Service, context: AppContext): Promise<void> {
  const wait = limiter?.peek(guessKey(context), verifier.ports.now());
  if (wait !== undefined) refuse(context, wait);
}

function guessKey(context: AppContext): string {
  return `guess/${networkOf(context.env.address)}`;
}

function refuse(context: AppContext, wait: number): never {
  context.header('Retry-After', String(wait));
  throw new CallerError('RATE_LIMITED', `Too many requests; retry in ${wait} s.`);
}

/** One key per caller: an IPv4 address as it is, an IPv6 address as its /64, which is what one customer gets (RFC 6177). */
function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${(parsed as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
