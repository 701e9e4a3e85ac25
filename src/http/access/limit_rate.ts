// Limits requests per minute, per token or per address (RATE_LIMIT).
import ipaddr from 'ipaddr.js';
import { CallerError } from '../../core/errors/caller_error.ts';
import type { AppContext, Service } from '../context.ts';
import type { Principal } from './principal.ts';

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
