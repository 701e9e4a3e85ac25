// X.509 version 3 certificates (RFC 5280 §4.1) that an administrator trusts, parsed completely: anything that cannot be understood is
// rejected. certificate.ts extracts keys from certificates that are not trusted.

import { type Bytes, equalBytes } from '../encoding/bytes.ts';
import { DerReader, TAG } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';
import { readCertificateTime } from './asn1_time.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './signature_algorithm.ts';

/** In bytes. Real certificates have one or two thousand. */
export const MAX_CERTIFICATE_BYTES = 16 * 1024;
const WHAT = 'certificate';
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const OID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extKeyUsage: '2.5.29.37',
};

export interface Certificate {
  der: Bytes;
  /** The bytes that the issuer signed. */
  tbs: Bytes;
  /** The INTEGER in two's complement. */
  serial: Bytes;
  /** DER names. */
  issuer: Bytes;
  subject: Bytes;
  /** In milliseconds since the epoch, both inclusive. */
  notBefore: number;
  notAfter: number;
  spki: Bytes;
  signatureAlgorithm: SignatureAlgorithm;
  signature: Bytes;
  extensions: Extensions;
}

export interface Extensions {
  /** basicConstraints with cA: the certificate may issue others. `pathLength` limits the number of issuers below it. */
  authority?: { pathLength?: number };
  /** By bit number (RFC 5280 §4.2.1.3). Absent: any use. */
  keyUsage?: boolean[];
  /** Absent: any purpose. */
  extKeyUsage?: { isCritical: boolean; purposes: string[] };
  subjectKeyId?: Bytes;
}

/** Parses DER (RFC 5280 §4.1), and verifies nothing. Throws `Malformed`. */
export function parseCertificate(der: Bytes): Certificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw new Malformed(WHAT, `larger than ${MAX_CERTIFICATE_BYTES} bytes`);
  }
  const outer = new DerReader(der, WHAT);
  const certificate = outer.sequence();
  outer.end();
  const tbs = certificate.value(TAG.sequence, 'the certificate to be signed');
  const algorithm = certificate.value(TAG.sequence, 'the signature algorithm').whole;
  const signature = certificate.bitString();
  certificate.end();
  const fields = new DerReader(tbs.content, WHAT);
  const version = fields.inside(VERSION, 'the version');
  if (version.smallInteger() !== 2) throw new Malformed(WHAT, 'not version 3');
  version.end();
  const serial = fields.integer();
  // RFC 5280 §4.1.1.2: the outer algorithm identifier is not signed, so it must equal the signed one.
  if (!equalBytes(fields.value(TAG.sequence, 'the signature algorithm').whole, algorithm)) {
    throw new Malformed(WHAT, 'the signature algorithms inside and outside the signed part differ');
  }
  const issuer = fields.value(TAG.sequence, 'the issuer').whole;
  const validity = fields.sequence();
  const notBefore = readCertificateTime(validity, WHAT);
  const notAfter = readCertificateTime(validity, WHAT);
  validity.end();
  const subject = fields.value(TAG.sequence, 'the subject').whole;
  const spki = fields.value(TAG.sequence, 'the public key').whole;
  const extensions = fields.atEnd ? {} : readExtensions(fields.inside(EXTENSIONS, 'the extensions'));
  fields.end();
  return {
    der,
    tbs: tbs.whole,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    signatureAlgorithm: readSignatureAlgorithm(new DerReader(algorithm, WHAT), WHAT),
    signature,
    extensions,
  };
}

/** @param time milliseconds since the epoch */
export function isValidAt({ notBefore, notAfter }: Certificate, time: number): boolean {
  return time >= notBefore && time <= notAfter;
}

function readExtensions(explicit: DerReader): Extensions {
  const list = explicit.sequence();
  explicit.end();
  const extensions: Extensions = {};
  const seen = new Set<string>();
  do {
    const extension = list.sequence();
    const oid = extension.oid();
    const isCritical = extension.flag();
    const value = new DerReader(extension.octetString(), WHAT);
    extension.end();
    if (seen.has(oid)) throw new Malformed(WHAT, `the extension ${oid} appears twice`);
    seen.add(oid);
    if (readExtension(extensions, oid, isCritical, value)) value.end();
  } while (!list.atEnd);
  return extensions;
}

/** @returns false for an unknown extension, which is allowed unless it is critical (RFC 5280 §4.2) */
function readExtension(extensions: Extensions, oid: string, isCritical: boolean, value: DerReader): boolean {
  switch (oid) {
    case OID.basicConstraints:
      readBasicConstraints(extensions, value.sequence());
      return true;
    case OID.keyUsage:
      extensions.keyUsage = value.namedBits();
      return true;
    case OID.extKeyUsage:
      extensions.extKeyUsage = { isCritical, purposes: readPurposes(value.sequence()) };
      return true;
    case OID.subjectKeyIdentifier:
      extensions.subjectKeyId = value.octetString();
      return true;
    default:
      if (isCritical) throw new Malformed(WHAT, `the critical extension ${oid} is not supported`);
      return false;
  }
}

function readBasicConstraints(extensions: Extensions, constraints: DerReader): void {
  const isAuthority = constraints.flag();
  if (isAuthority) {
    extensions.authority = constraints.atEnd ? {} : { pathLength: constraints.smallInteger() };
  }
  constraints.end();
}

function readPurposes(list: DerReader): string[] {
  const purposes = [list.oid()];
  while (!list.atEnd) purposes.push(list.oid());
  return purposes;
}
