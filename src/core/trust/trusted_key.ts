// A key someone trusts, with the limits of that trust: where it counts (scopes), when (validity), and whether it still does
// (revocation). All of it is decided afresh on every call.

import type { RefusalCode } from '../codes.ts';
import type { PublicKey } from '../crypto/public_key.ts';
import { matchesName } from './name_pattern.ts';

export interface TrustedKey {
  /** The id in the trust store; absent for a key the caller brought. */
  id?: string;
  key: PublicKey;
  /** Instants in milliseconds since the epoch, both ends inclusive. */
  validFrom?: number;
  validUntil?: number;
  /** Patterns over full names; absent means any image. */
  scopes?: string[];
  /** `unsafe-none` lets a signature without a log entry count. */
  transparency: 'required' | 'unsafe-none';
  /** Present once revoked. With a time, what was provably signed before it still counts. */
  revoked?: { compromisedAt?: number };
}

/** Whether the key may speak for an image of this full name. Without a name a scoped key may not. */
export function isInScope(trusted: TrustedKey, name: string | undefined): boolean {
  if (trusted.scopes === undefined) return true;
  return name !== undefined && trusted.scopes.some((scope) => matchesName(scope, name));
}

/** Whether anything about the key depends on when the signature was made. */
export function needsTime(trusted: TrustedKey): boolean {
  return trusted.validFrom !== undefined || trusted.validUntil !== undefined || trusted.revoked !== undefined;
}

/**
 * Judges the key at the proven signing time (milliseconds; undefined when nothing proves one).
 * @returns undefined when the key counts, else the code that says why not
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
