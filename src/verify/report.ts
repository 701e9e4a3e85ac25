// What a verification has come to, and what is known of it on the way.
import { splitDigest } from '../core/crypto/digest.ts';
import { equalBytes } from '../core/encoding/bytes.ts';
import type { Enforcement } from '../core/policy/policy.ts';
import type { Selection } from '../core/policy/select_rule.ts';
import { Undecided } from '../core/undecided.ts';
import { type Judgement, undecidedJudgement } from '../core/verdict.ts';
import type { Trust } from '../core/verification.ts';
import type { SignatureResult } from '../core/verify_signature.ts';
import { Refused } from './refused.ts';
import type { Subject } from './subject.ts';

export interface Report extends Judgement {
  subject?: Subject;
  /** Where a policy decides. */
  policy?: DecidingPolicy;
  keys: Trust['keys'];
  signatures: SignatureResult[];
  /** Signature verifications done, from scratch. */
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

/** What is known so far, for an answer that must be given before the end. */
export interface Progress {
  subject?: Subject;
  policy?: DecidingPolicy;
}

/** What an error says of the image where nothing else is to be said of it; any other error is thrown on. */
export function failedReport(error: unknown, progress: Progress = {}): Report {
  return { ...failedJudgement(error), ...progress, keys: [], signatures: [], verifications: 0 };
}

/** What was refused or could not be decided, as a judgement; any other error is thrown on. */
export function failedJudgement(error: unknown): Judgement {
  if (error instanceof Undecided) return undecidedJudgement(error);
  if (error instanceof Refused) return { verdict: 'refused', code: error.code, summary: error.message };
  throw error;
}

/** What the good signature is about: the subject, or its leaf for a platform. */
export function signedDigest(deciding: SignatureResult | undefined, subject: Subject | undefined) {
  const digests = deciding?.evidence?.subject.digests ?? {};
  const named = [subject?.platform?.digest, subject?.digest].filter((digest) => digest !== undefined);
  return named.find((digest) => {
    const { algorithm, hash } = splitDigest(digest);
    const own = digests[algorithm];
    return own !== undefined && equalBytes(own, hash);
  });
}

/** Whether a gate or an admission lets it pass: verified, exempt, or refused by a rule that only warns. */
export function mayPass({ verdict, policy }: Report): boolean {
  if (verdict === 'verified' || verdict === 'exempt') return true;
  return verdict === 'refused' && policy?.enforcement === 'warn';
}
