// Which artifact a piece of evidence says it is about. Nothing is believed: it tells what to hold a file to, once a signature over that
// very digest has been verified.
import type { ArtifactDigest, HashName } from './crypto/digest.ts';
import { type Bytes, toHex } from './encoding/bytes.ts';
import { Malformed } from './encoding/malformed.ts';
import type { SignatureEvidence } from './evidence.ts';
import { readingOf, statementIn, Unreadable } from './reading.ts';

/** A statement names its artifacts; a message signature only says what was hashed. */
export interface ClaimedDigest {
  name?: string;
  digest: ArtifactDigest;
}

const PREFERRED: HashName[] = ['sha256', 'sha512', 'sha384'];

/** @returns none where it says nothing, or cannot be read */
export function claimedDigests(evidence: SignatureEvidence): ClaimedDigest[] {
  const { content, entries } = readingOf(evidence);
  if (content instanceof Unreadable) return [];
  if (content.kind === 'envelope') {
    const statement = statementIn(content.envelope);
    if (statement instanceof Malformed) return [];
    return statement.subjects.flatMap(({ name, digests }) => {
      const algorithm = PREFERRED.find((one) => digests[one] !== undefined);
      const hash = algorithm === undefined ? undefined : digests[algorithm];
      if (algorithm === undefined || hash === undefined) return [];
      return [{ ...(name !== undefined && { name }), digest: digestOfHash(algorithm, hash) }];
    });
  }
  if (content.kind !== 'artifact') return [];
  if (content.stated !== undefined)
    return [{ digest: digestOfHash(content.stated.algorithm, content.stated.hash) }];
  const logged = entries instanceof Malformed ? [] : entries;
  return logged.flatMap(({ body }) =>
    'about' in body && body.about === 'message'
      ? [{ digest: digestOfHash(body.hash.algorithm, body.hash.hash) }]
      : [],
  );
}

function digestOfHash(algorithm: HashName, hash: Bytes): ArtifactDigest {
  return `${algorithm}:${toHex(hash)}` as ArtifactDigest;
}
