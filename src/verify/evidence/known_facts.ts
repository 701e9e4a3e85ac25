// Carries over what was computed about evidence when the same bytes are found again, so that looking again costs no verification.
import { equalBytes } from '../../core/encoding/bytes.ts';
import {
  type Attached,
  type Evidence,
  rawBytes,
  type SignatureEvidence,
} from '../../core/evidence/evidence.ts';

/**
 * @param before evidence about one digest
 * @returns a function that gives newly found evidence about that digest the facts of an equal piece, wherever it is listed now
 */
export function knownFacts(before: Evidence[]): (found: Evidence) => void {
  const known = Map.groupBy(
    before.filter((item): item is SignatureEvidence => !('missing' in item)),
    summary,
  );
  return (found) => {
    if ('missing' in found) return;
    const equal = known.get(summary(found))?.find((item) => haveEqualBytes(item, found));
    if (equal !== undefined) found.facts = equal.facts;
  };
}

/** Everything about a piece of evidence that is verified, except its bytes. */
function summary(evidence: SignatureEvidence): string {
  const beside: Attached & { signature?: string } = evidence.format === 'sigstore-bundle' ? {} : evidence;
  const { signature, logBundle, certificate, timestamp } = beside;
  return JSON.stringify([evidence.format, signature, logBundle, certificate, timestamp]);
}

function haveEqualBytes(a: SignatureEvidence, b: SignatureEvidence): boolean {
  const [first, second] = [rawBytes(a), rawBytes(b)];
  return first === undefined || second === undefined ? first === second : equalBytes(first, second);
}
