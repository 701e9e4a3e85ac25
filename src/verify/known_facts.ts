// What was computed about evidence holds for the same bytes when they are found again: asking the registry anew costs no verification.
import { equalBytes } from '../core/encoding/bytes.ts';
import { type Attached, type Evidence, rawBytes, type SignatureEvidence } from '../core/evidence.ts';

/**
 * @param before evidence about one digest
 * @returns gives evidence about that digest the facts of an equal piece, wherever it is listed now
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

/** All that is verified of it but its bytes. */
function summary(evidence: SignatureEvidence): string {
  const beside: Attached & { signature?: string } = evidence.format === 'sigstore-bundle' ? {} : evidence;
  const { signature, logBundle, certificate, timestamp } = beside;
  return JSON.stringify([evidence.format, signature, logBundle, certificate, timestamp]);
}

function haveEqualBytes(a: SignatureEvidence, b: SignatureEvidence): boolean {
  const [first, second] = [rawBytes(a), rawBytes(b)];
  return first === undefined || second === undefined ? first === second : equalBytes(first, second);
}
