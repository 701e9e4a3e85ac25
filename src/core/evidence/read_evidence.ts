// Parses a piece of evidence, only once, because evidence is immutable and cached evidence is verified repeatedly.
import { Malformed } from '../encoding/malformed.ts';
import { onceFor } from '../memory/once.ts';
import type { SignatureEvidence } from './evidence.ts';
import { statementIn } from './parsed_content.ts';
import { readAttachedEnvelope, readBlob, readSimpleSigning } from './read_attached.ts';
import { readSigstoreBundle } from './read_bundle.ts';
import { type Reading, Unreadable } from './reading.ts';

export const readingOf = onceFor(read);

function read(evidence: SignatureEvidence): Reading {
  switch (evidence.format) {
    case 'simple-signing':
      return readSimpleSigning(evidence);
    case 'dsse':
      return readAttachedEnvelope(evidence);
    case 'sigstore-bundle':
      return readSigstoreBundle(evidence);
    case 'blob':
      return readBlob(evidence);
  }
}

/** The predicate type that the evidence states, if it contains a statement. Unverified. */
export function statedPredicateType(evidence: SignatureEvidence): string | undefined {
  const { content } = readingOf(evidence);
  if (content instanceof Unreadable || content.kind !== 'envelope') return undefined;
  const statement = statementIn(content.envelope);
  return statement instanceof Malformed ? undefined : statement.predicateType;
}
