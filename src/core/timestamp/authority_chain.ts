// A timestamp authority's certificates as a chain (RFC 5280 §6.1, RFC 3161 §2.3), proven once, when they are stored. Time is
// not looked at here: it is the timestamp's own that every certificate of the chain must be valid at.

import { parsePublicKey } from '../crypto/public_key.ts';
import { verifySignature } from '../crypto/signature.ts';
import { type Bytes, equalBytes } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';
import { assertFits } from './signature_algorithm.ts';
import { type Certificate, parseCertificate } from './x509.ts';

const MAX_CERTIFICATES = 10;
const WHAT = 'certificate chain';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const ANY_PURPOSE = '2.5.29.37.0';
/** Bits of keyUsage, RFC 5280 §4.2.1.3. */
const USE = { digitalSignature: 0, contentCommitment: 1, keyCertSign: 5 };

const PURPOSE = 'the first must have the critical extended key usage timeStamping and no other';

/** Some authorities were set up so (GitHub's first one), and stand in trusted roots. */
export class PurposeNotCritical extends Malformed {}

/**
 * @param chain DER: the signer's own first, then who issued it, as far as is known. One alone is pinned.
 * @throws Malformed unless the first may sign timestamps and nothing else, and each is signed by the next; `PurposeNotCritical` where
 * nothing else is wrong
 */
export async function checkAuthorityChain(chain: Bytes[]): Promise<void> {
  if (chain.length > MAX_CERTIFICATES)
    throw new Malformed(WHAT, `more than ${MAX_CERTIFICATES} certificates`);
  const [leaf, ...issuers] = chain.map(parseCertificate);
  if (leaf === undefined) throw new Malformed(WHAT, 'there is no certificate');
  assertSignsTimestamps(leaf);
  await parsePublicKey(leaf.spki);
  issuers.forEach(assertMayIssue);
  let certificate = leaf;
  for (const issuer of issuers) {
    if (!equalBytes(certificate.issuer, issuer.subject)) {
      throw new Malformed(WHAT, 'each certificate must be issued by the next: signer first, root last');
    }
    await assertSignedBy(certificate, issuer);
    certificate = issuer;
  }
  if (equalBytes(certificate.issuer, certificate.subject)) await assertSignedBy(certificate, certificate);
  if (!leaf.extensions.extKeyUsage?.isCritical) throw new PurposeNotCritical(WHAT, PURPOSE);
}

/** RFC 3161 §2.3: the one purpose is time-stamping, and it is critical. */
function assertSignsTimestamps({ extensions }: Certificate): void {
  const { authority, keyUsage, extKeyUsage } = extensions;
  if (authority !== undefined) {
    throw new Malformed(
      WHAT,
      'the first is an authority (CA) certificate; the one that signs timestamps comes first',
    );
  }
  if (extKeyUsage?.purposes.join() !== TIME_STAMPING) throw new Malformed(WHAT, PURPOSE);
  if (keyUsage !== undefined && !keyUsage[USE.digitalSignature] && !keyUsage[USE.contentCommitment]) {
    throw new Malformed(WHAT, 'the key usage of the first does not allow signing');
  }
}

/** @param below how many issuers stand below it, which is what pathLength bounds */
function assertMayIssue({ extensions }: Certificate, below: number): void {
  const { authority, keyUsage, extKeyUsage } = extensions;
  if (authority === undefined || keyUsage?.[USE.keyCertSign] !== true) {
    throw new Malformed(WHAT, 'an issuer is no authority: it needs CA and keyCertSign');
  }
  if (below > (authority.pathLength ?? Number.POSITIVE_INFINITY)) {
    throw new Malformed(WHAT, "longer than an issuer's pathLength allows");
  }
  if (
    extKeyUsage !== undefined &&
    !extKeyUsage.purposes.some((one) => one === TIME_STAMPING || one === ANY_PURPOSE)
  ) {
    throw new Malformed(WHAT, "an issuer's extended key usage leaves timeStamping out");
  }
}

async function assertSignedBy({ signatureAlgorithm, tbs, signature }: Certificate, issuer: Certificate) {
  const key = await parsePublicKey(issuer.spki);
  assertFits(signatureAlgorithm, key, WHAT);
  if (!(await verifySignature(key, signatureAlgorithm.hash, tbs, signature))) {
    throw new Malformed(WHAT, 'a certificate is not signed by its issuer');
  }
}
