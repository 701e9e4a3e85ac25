// Requests a minute, per token or per address (RATE_LIMIT). What the platform counts beyond one isolate, it counts too.
import ipaddr from 'ipaddr.js';
import { type BoundedCache, createBoundedCache } from '../../core/bounded_cache.ts';
import { CallerError } from '../../core/caller_error.ts';
import type { AppContext, Service } from '../context.ts';
import type { Principal } from './authenticate.ts';

/** In milliseconds. */
const WINDOW = 60_000;
/** Callers counted at once, some hundred bytes each. Beyond it the one that was away longest is forgotten. */
const MAX_CALLERS = 50_000;

/** The Workers rate-limiting binding (developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit). */
export interface PlatformRateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

export interface RateLimiter {
  /** @returns undefined when the call is within the limit, else the seconds until there is room again */
  take(key: string, now: number): Promise<number | undefined>;
  /** The same without counting the call, as far as this isolate knows. */
  peek(key: string, now: number): number | undefined;
}

/** @param perMinute undefined leaves it to the platform alone */
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
      // A platform that cannot count limits nobody; what this isolate counts still holds.
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
  // Whoever shows no token guesses nothing.
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
  throw new CallerError('RATE_LIMITED', `Too many requests; there is room again in ${wait} s.`);
}

/** One spelling for one caller: IPv4 as it is, of IPv6 the /64 that one customer has (RFC 6177). */
function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${(parsed as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
