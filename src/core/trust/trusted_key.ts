// A trusted key with the limits of that trust: for which images (scopes), when (validity), and whether it is revoked. Every request
// evaluates these limits anew.

import type { RefusalCode } from '../codes.ts';
import type { PublicKey } from '../crypto/public_key.ts';
import { matchesName } from './name_pattern.ts';

export interface TrustedKey {
  /** The id in the trust store; absent for a key that the caller sent. */
  id?: string;
  key: PublicKey;
  /** Instants in milliseconds since the epoch, both ends inclusive. */
  validFrom?: number;
  validUntil?: number;
  /** Patterns for full names; absent means any image. */
  scopes?: string[];
  /** `unsafe-none` lets a signature without a log entry count. */
  transparency: 'required' | 'unsafe-none';
  /** Present if the key is revoked. Signatures provably made before `compromisedAt`, if given, still count. */
  revoked?: { compromisedAt?: number };
}

/** Whether the key's scopes include an image with this full name. A key with scopes does not count if there is no name. */
export function isInScope(trusted: TrustedKey, name: string | undefined): boolean {
  if (trusted.scopes === undefined) return true;
  return name !== undefined && trusted.scopes.some((scope) => matchesName(scope, name));
}

/** Whether the key's validity depends on when the signature was made. */
export function needsTime(trusted: TrustedKey): boolean {
  return trusted.validFrom !== undefined || trusted.validUntil !== undefined || trusted.revoked !== undefined;
}

/**
 * Evaluates the key at the proven signing time.
 * @param provenTime milliseconds since the epoch; undefined when no time is proven
 * @returns undefined when the key counts, else the code for why it does not
 */
export function keyProblemAt(trusted: TrustedKey, provenTime: number | undefined): RefusalCode | undefined {
  const { revoked, validFrom, validUntil } = trusted;
  if (revoked !== undefined) {
    const { compromisedAt } = revoked;
    if (compromisedAt === undefined || provenTime === undefined || provenTime >= compromisedAt)
      return 'KEY_REVOKED';
  }
  if (validFrom === undefined && validUntil === undefined) return undefined;
  if (provenTime === undefined) return 'NO_TRUSTED_TIME';
  if (provenTime < (validFrom ?? Number.NEGATIVE_INFINITY)) return 'KEY_NOT_YET_VALID';
  if (provenTime > (validUntil ?? Number.POSITIVE_INFINITY)) return 'KEY_EXPIRED';
  return undefined;
}
