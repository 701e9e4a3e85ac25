// From the results of all signatures to one verdict. Three-valued: one good signature verifies; failing that, anything that
// could not be decided leaves the whole undecided; only what is definite is refused.
import type { VerdictCode } from './codes.ts';
import type { Undecided } from './undecided.ts';
import type { SignatureResult } from './verify_signature.ts';

export interface Judgement {
  verdict: 'verified' | 'refused' | 'undecided';
  code: VerdictCode;
  /** One sentence. */
  summary: string;
  undecided?: Undecided;
}

/** @param gaps places where there may be more, which could not be looked at */
export function judge(signatures: SignatureResult[], gaps: Undecided[]): Judgement {
  const good = signatures.find(({ verdict }) => verdict === 'verified');
  if (good?.signer !== undefined) {
    const { id, key } = good.signer.trusted;
    const log =
      good.transparency === undefined ? 'not logged' : `logged as #${good.transparency.entry.logIndex}`;
    return {
      verdict: 'verified',
      code: 'VERIFIED',
      summary: `Signed by ${id ?? `the caller's key ${key.fingerprint}`}, ${log}.`,
    };
  }
  const undecided = signatures.find((result) => result.undecided !== undefined)?.undecided ?? gaps[0];
  if (undecided !== undefined) return undecidedJudgement(undecided);
  if (signatures.length === 0) {
    return { verdict: 'refused', code: 'NO_SIGNATURES', summary: 'No signature was found for this digest.' };
  }
  const reasons = [...new Set(signatures.map(({ code }) => code))].join(', ');
  const which =
    signatures.length === 1
      ? 'The signature found does not count'
      : `None of the ${signatures.length} signatures found counts`;
  return { verdict: 'refused', code: 'NO_TRUSTED_SIGNATURE', summary: `${which}: ${reasons}.` };
}

export function undecidedJudgement(undecided: Undecided): Judgement {
  return { verdict: 'undecided', code: undecided.code, summary: undecided.message, undecided };
}
