// Runs the checks of one signature, and tells which of them passed, failed or were not run.
import type { SignatureEvidence } from '../../src/core/evidence/evidence.ts';
import { verifySignatureEvidence } from '../../src/core/verify_signature.ts';
import type { Subject } from '../conformance/support/harness.ts';

/** Verifies the evidence itself, so that the facts cached with it stay. */
export async function run<E extends SignatureEvidence>(
  { evidence, trust, requirements, now }: Subject<E>,
  meter = { verifications: 0, proofs: 0 },
) {
  const result = await verifySignatureEvidence(evidence, trust, requirements, now, meter);
  const named = (wanted: string) =>
    result.checks.filter(({ result: found }) => found === wanted).map(({ name }) => name);
  return { ...result, meter, passed: named('pass'), notRun: named('not-run'), failed: named('fail') };
}

/** A copy of the subject without cached facts. */
export const fresh = <E extends SignatureEvidence>(subject: Subject<E>): Subject<E> => ({
  ...subject,
  evidence: { ...subject.evidence, facts: new Map() },
});
