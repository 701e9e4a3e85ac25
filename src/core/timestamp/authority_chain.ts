// Checks a timestamp authority's certificate chain (RFC 5280 §6.1, RFC 3161 §2.3) when it is stored and when it is loaded, not for every
// timestamp. Validity periods are not checked here: every certificate in the chain must be valid at the time that a timestamp states.

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

const PURPOSE = 'the first certificate must have the critical extended key usage timeStamping and no other';

/** The extended key usage is not critical. Some authorities in trusted roots were created like this (GitHub's first one). */
export class PurposeNotCritical extends Malformed {}

/**
 * @param chain DER: the signer's certificate first, then its issuers, as far as they are known. A single certificate is pinned.
 * @throws Malformed unless the first certificate may sign only timestamps and each one is signed by the next; `PurposeNotCritical` when
 *   nothing else is wrong
 */
export async function checkAuthorityChain(chain: Bytes[]): Promise<void> {
  if (chain.length > MAX_CERTIFICATES)
    throw new Malformed(WHAT, `more than ${MAX_CERTIFICATES} certificates`);
  const [leaf, ...issuers] = chain.map(parseCertificate);
  if (leaf === undefined) throw new Malformed(WHAT, 'has no certificate');
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

/** RFC 3161 §2.3: time-stamping must be the only purpose. `checkAuthorityChain` checks last that it is critical. */
function assertSignsTimestamps({ extensions }: Certificate): void {
  const { authority, keyUsage, extKeyUsage } = extensions;
  if (authority !== undefined) {
    throw new Malformed(
      WHAT,
      'the first is a CA certificate; put the certificate that signs timestamps first',
    );
  }
  if (extKeyUsage?.purposes.join() !== TIME_STAMPING) throw new Malformed(WHAT, PURPOSE);
  if (keyUsage !== undefined && !keyUsage[USE.digitalSignature] && !keyUsage[USE.contentCommitment]) {
    throw new Malformed(WHAT, 'the key usage of the first certificate does not allow signing');
  }
}

/**
 * A key usage that is not stated allows every use (RFC 5280 §6.1.4 (n)): OpenSSL makes root certificates without one.
 * @param below the number of issuers below this one, which pathLength limits
 */
function assertMayIssue({ extensions }: Certificate, below: number): void {
  const { authority, keyUsage, extKeyUsage } = extensions;
  if (authority === undefined || (keyUsage !== undefined && keyUsage[USE.keyCertSign] !== true)) {
    throw new Malformed(WHAT, 'an issuer is not a CA: it needs cA, and keyCertSign if it states a key usage');
  }
  if (below > (authority.pathLength ?? Number.POSITIVE_INFINITY)) {
    throw new Malformed(WHAT, "longer than an issuer's pathLength allows");
  }
  if (
    extKeyUsage !== undefined &&
    !extKeyUsage.purposes.some((one) => one === TIME_STAMPING || one === ANY_PURPOSE)
  ) {
    throw new Malformed(WHAT, "an issuer's extended key usage does not include timeStamping");
  }
}

async function assertSignedBy({ signatureAlgorithm, tbs, signature }: Certificate, issuer: Certificate) {
  const key = await parsePublicKey(issuer.spki);
  assertFits(signatureAlgorithm, key, WHAT);
  if (!(await verifySignature(key, signatureAlgorithm.hash, tbs, signature))) {
    throw new Malformed(WHAT, 'a certificate is not signed by its issuer');
  }
}
