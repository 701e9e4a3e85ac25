// Limits on what is computed for one image, whoever made its evidence.

import { Undecided } from './errors/undecided.ts';

/** Signature verifications per image. More would be a denial-of-service attack. */
export const MAX_VERIFICATIONS = 256;

/** Inclusion proofs per image. Each may take 63 hashes, and a bundle may list 32 of them. */
const MAX_PROOFS = 256;

/** Counters shared by all signatures of one image. */
export interface Meter {
  verifications: number;
  /** Inclusion proofs computed. */
  proofs: number;
}

/** Throws `Undecided`: LIMIT_EXCEEDED. */
export function countVerification(meter: Meter): void {
  if (meter.verifications >= MAX_VERIFICATIONS) {
    throw new Undecided(
      'LIMIT_EXCEEDED',
      `This image needs more than ${MAX_VERIFICATIONS} signature verifications. Name fewer keys.`,
      { retryable: false },
    );
  }
  meter.verifications++;
}

/** Throws `Undecided`: LIMIT_EXCEEDED. */
export function countProof(meter: Meter): void {
  if (meter.proofs >= MAX_PROOFS) {
    throw new Undecided('LIMIT_EXCEEDED', `This image needs more than ${MAX_PROOFS} inclusion proofs.`, {
      retryable: false,
    });
  }
  meter.proofs++;
}
