// Helpers for the cases about timestamps.
import type { TimestampResult } from '../../../src/core/timestamp/verify_timestamp.ts';
import type { TrustedAuthority } from '../../../src/core/trust/trusted_authority.ts';
import { utf8 } from '../../support/bytes.ts';
import type { FakeTsa } from '../../support/fake_tsa.ts';
import { match, ok } from './assert.ts';

export const MESSAGE = utf8('the bytes of a signature');
/** The time in the fake authority's timestamps by default. */
export const STAMPED = Date.parse('2025-06-01T12:00:00Z');

export function authorityOf(
  { chain }: Pick<FakeTsa, 'chain'>,
  limits: Partial<TrustedAuthority> = {},
): TrustedAuthority {
  return { name: 'tsa', chain, validFrom: Date.parse('2021-01-01T00:00:00Z'), ...limits };
}

export function invalid(result: TimestampResult, problem: RegExp, what: string): void {
  ok(result.kind === 'invalid', `${what}: ${JSON.stringify(result)}`);
  match(result.problem, problem, what);
}
