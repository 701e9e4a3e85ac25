// The result of a verification, and what is known before it is complete.
import { splitDigest } from '../core/crypto/digest.ts';
import { equalBytes } from '../core/encoding/bytes.ts';
import { Undecided } from '../core/errors/undecided.ts';
import type { Enforcement } from '../core/policy/policy.ts';
import type { Selection } from '../core/policy/select_rule.ts';
import type { Trust } from '../core/trust/trust.ts';
import { type Judgement, undecidedJudgement } from '../core/verdict.ts';
import type { SignatureResult } from '../core/verify_signature.ts';
import { Refused } from './refused.ts';
import type { Subject } from './subject.ts';

export interface Report extends Judgement {
  subject?: Subject;
  /** Set if a policy decides. */
  policy?: DecidingPolicy;
  keys: Trust['keys'];
  signatures: SignatureResult[];
  /** Signature verifications computed, not answered from a cache. */
  verifications: number;
}

export interface DecidingPolicy {
  id: string;
  version: string;
  rule?: string;
  enforcement: Enforcement;
  /** How the rule was found. */
  selection: Selection;
}

/** What is known so far, for an answer that must be sent before the work is done. */
export interface Progress {
  subject?: Subject;
  policy?: DecidingPolicy;
}

/** The report for an error, when there is nothing else to report. Errors other than `Refused` and `Undecided` are rethrown. */
export function failedReport(error: unknown, progress: Progress = {}): Report {
  return { ...failedJudgement(error), ...progress, keys: [], signatures: [], verifications: 0 };
}

/** The judgement for a `Refused` or `Undecided`. Other errors are rethrown. */
export function failedJudgement(error: unknown): Judgement {
  if (error instanceof Undecided) return undecidedJudgement(error);
  if (error instanceof Refused) return { verdict: 'refused', code: error.code, summary: error.message };
  throw error;
}

/** The digest that the deciding signature is about: the subject's, or that of its leaf for a platform. */
export function signedDigest(deciding: SignatureResult | undefined, subject: Subject | undefined) {
  const digests = deciding?.evidence?.subject.digests ?? {};
  const named = [subject?.platform?.digest, subject?.digest].filter((digest) => digest !== undefined);
  return named.find((digest) => {
    const { algorithm, hash } = splitDigest(digest);
    const own = digests[algorithm];
    return own !== undefined && equalBytes(own, hash);
  });
}

/** Whether a gate or admission lets the image pass: verified, exempt, or refused by a rule that only warns. */
export function mayPass({ verdict, policy }: Report): boolean {
  if (verdict === 'verified' || verdict === 'exempt') return true;
  return verdict === 'refused' && policy?.enforcement === 'warn';
}
