// X.509 certificates (RFC 5280 §4.1), parsed just far enough to extract the public key when a log entry contains a certificate.
// Nothing here trusts a certificate; x509.ts parses the trusted ones.
import type { Bytes } from '../encoding/bytes.ts';
import { DerReader, TAG } from '../encoding/der.ts';

const EXPLICIT_VERSION = 0xa0;

/** The DER SubjectPublicKeyInfo in a DER certificate. @throws Malformed when the structure is not that of a certificate */
export function certificateSpki(der: Bytes): Bytes {
  const outer = new DerReader(der, 'certificate');
  const certificate = outer.sequence();
  outer.end();
  const tbs = certificate.sequence();
  if (tbs.nextTag === EXPLICIT_VERSION) tbs.any();
  tbs.value(TAG.integer, 'the serial number');
  tbs.value(TAG.sequence, 'the signature algorithm');
  tbs.value(TAG.sequence, 'the issuer');
  tbs.value(TAG.sequence, 'the validity');
  tbs.value(TAG.sequence, 'the subject');
  return tbs.value(TAG.sequence, 'the public key').whole;
}
