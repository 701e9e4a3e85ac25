// The artifacts that a piece of evidence claims to be about. The claim is not trusted: it only says which digest a file must have once a
// signature over that very digest has been verified.
import type { ArtifactDigest, HashName } from '../crypto/digest.ts';
import { type Bytes, toHex } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { SignatureEvidence } from './evidence.ts';
import { statementIn } from './parsed_content.ts';
import { readingOf } from './read_evidence.ts';
import { Unreadable } from './reading.ts';

/** A statement names its artifacts; a message signature only says what was hashed. */
export interface ClaimedDigest {
  name?: string;
  digest: ArtifactDigest;
}

const PREFERRED: HashName[] = ['sha256', 'sha512', 'sha384'];

/** @returns an empty list if the evidence claims nothing or cannot be parsed */
export function claimedDigests(evidence: SignatureEvidence): ClaimedDigest[] {
  const { content, entries } = readingOf(evidence);
  if (content instanceof Unreadable || content.kind === 'simple-signing') return [];
  if (content.kind === 'envelope') {
    const statement = statementIn(content.envelope);
    if (statement instanceof Malformed) return [];
    return statement.subjects.flatMap(({ name, digests }) => {
      const known = PREFERRED.flatMap((algorithm) => {
        const hash = digests[algorithm];
        return hash === undefined ? [] : [digestOfHash(algorithm, hash)];
      });
      return known.slice(0, 1).map((digest) => ({ ...(name !== undefined && { name }), digest }));
    });
  }
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
