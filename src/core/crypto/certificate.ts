// X.509 certificates (RFC 5280 §4.1), read just far enough to take out the public key that a log entry names by certificate.
// Nothing here trusts a certificate; those that are trusted are read by x509.ts.
import type { Bytes } from '../encoding/bytes.ts';
import { DerReader, TAG } from '../encoding/der.ts';

const EXPLICIT_VERSION = 0xa0;

/** The DER SubjectPublicKeyInfo inside a DER certificate. Error: not a certificate's structure. */
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
